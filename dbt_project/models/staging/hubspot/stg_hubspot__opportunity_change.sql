with properties as (
    select *
    from {{ source('hubspot', 'deal_property_history') }}
    where name in ('dealstage', 'amount', 'closedate') and _op = 'upsert'
),

-- A value that arrives after a newer one of the same property never was the state as known.
dated as (
    select
        *,
        max(changed_at) over (
            partition by deal_id, name
            order by _recorded_at
        ) as newest_changed_at
    from properties
),

-- All properties that became known at one moment are one change of the deal.
changes as (
    select
        deal_id,
        _recorded_at,
        max(case when name = 'dealstage' then 1 end) as has_stage,
        max(case when name = 'amount' then 1 end) as has_amount,
        max(case when name = 'closedate' then 1 end) as has_close,
        max(case when name = 'dealstage' then value end) as stage_value,
        max(case when name = 'amount' then value end) as amount_value,
        max(case when name = 'closedate' then value end) as close_value,
        max(_extracted_at) as _extracted_at,
        'upsert' as _op,
        max(_batch_id) as _batch_id,
        max(_file) as _file,
        max(_line) as _line
    from dated
    where changed_at = newest_changed_at
    group by deal_id, _recorded_at
),

-- What was not saved then is as it was; what was saved as nothing is nothing.
numbered as (
    select
        *,
        count(has_stage) over so_far as stage_number,
        count(has_amount) over so_far as amount_number,
        count(has_close) over so_far as close_number
    from changes
    window so_far as (partition by deal_id order by _recorded_at)
),

states as (
    select
        deal_id,
        max(stage_value) over (partition by deal_id, stage_number) as stage_value,
        {{ try_decimal('max(amount_value) over (partition by deal_id, amount_number)') }} as amount,
        {{ day_of_text('max(close_value) over (partition by deal_id, close_number)') }} as close_on,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from numbered
)

-- Before its stage is known there is no state of a deal.
select
    'hubspot' as source_system,
    deal_id || '|' || cast(_recorded_at as varchar) as change_id,
    deal_id as opportunity_id,
    stage_value,
    cast(null as varchar) as forecast_category_value,
    amount,
    cast(null as decimal(9, 6)) as probability_pct,
    cast(null as decimal(18, 4)) as expected_revenue_amount,
    close_on,
    {{ lineage() }}
from states
where stage_value is not null
