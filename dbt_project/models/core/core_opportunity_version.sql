{{ config(
    materialized=incremental_where_possible(), incremental_strategy='delete+insert',
    unique_key='opportunity_key',
    on_schema_change='fail'
) }}
with changed as (select * from {{ ref('core_changed_opportunity') }}),

all_records as (
    {{ union_entity('opportunity') }}
),

all_changes as (
    {{ union_entity('opportunity_change') }}
),

records as (
    select all_records.*
    from all_records
    {% if is_incremental() -%}
    inner join changed
        on
            all_records.source_system = changed.source_system
            and all_records.opportunity_id = changed.opportunity_id
    {%- endif %}
),

{% if is_incremental() -%}
events as (
    select distinct
        all_changes.source_system,
        all_changes.change_id
    from all_changes
    inner join changed
        on
            all_changes.source_system = changed.source_system
            and all_changes.opportunity_id = changed.opportunity_id
),

{% endif -%}
-- Every delivery of an event, also one that named another deal.
deliveries as (
    select
        all_changes.*,
        row_number() over (
            partition by all_changes.source_system, all_changes.change_id
            order by all_changes.extracted_at, all_changes.recorded_at
        ) as delivery
    from all_changes
    {% if is_incremental() -%}
    inner join events
        on
            all_changes.source_system = events.source_system
            and all_changes.change_id = events.change_id
    {% endif -%}
    where all_changes.op = 'upsert'
),

stages as (select * from {{ ref('core_stage') }}),

categories as (select * from {{ ref('seed_forecast_category') }}),

category_aliases as (
    select * from {{ source('config', 'alias') }} where domain = 'forecast_category'
),

prices as (select * from {{ ref('core_product_price') }}),

-- A history row reports an event. Delivered again with other bookkeeping columns, or gone with its
-- deal, it is still the same event: the first delivery counts.
changes as (
    select deliveries.*
    from deliveries
    {% if is_incremental() -%}
    inner join changed
        on
            deliveries.source_system = changed.source_system
            and deliveries.opportunity_id = changed.opportunity_id
    {% endif -%}
    where deliveries.delivery = 1
),

last_change_at_instant as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by source_system, opportunity_id, recorded_at order by change_id desc
            ) as instant_rank
        from changes
    ) as ranked
    where instant_rank = 1
),

last_record_at_instant as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by source_system, opportunity_id, recorded_at order by extracted_at desc
            ) as instant_rank
        from records
    ) as ranked
    where instant_rank = 1
),

-- A deal that was merged into another one counts no longer, from when that was first known: a
-- connector that delivers all of its rows again says nothing new.
record_merges as (
    select
        source_system,
        record_id,
        min(recorded_at) as merged_at
    from ({{ union_entity('opportunity_merge') }}) as known
    group by source_system, record_id
),

instants as (
    select
        source_system,
        opportunity_id,
        recorded_at
    from last_record_at_instant

    union

    select
        record_merges.source_system,
        record_merges.record_id as opportunity_id,
        record_merges.merged_at as recorded_at
    from record_merges
    where
        exists (
            select 1
            from records
            where
                records.source_system = record_merges.source_system
                and records.opportunity_id = record_merges.record_id
        )

    union

    select
        changed.source_system,
        changed.opportunity_id,
        changed.recorded_at
    from last_change_at_instant as changed
    where exists (
        select 1
        from records
        where
            records.source_system = changed.source_system
            and records.opportunity_id = changed.opportunity_id
    )
),

-- At every instant: when the newest full record and the newest history row were recorded.
timeline as (
    select
        instants.source_system,
        instants.opportunity_id,
        instants.recorded_at as known_from,
        lead(instants.recorded_at) over (
            partition by instants.source_system, instants.opportunity_id
            order by instants.recorded_at
        ) as known_to,
        max(record.recorded_at) over by_instant as record_at,
        min(record.recorded_at) over (
            partition by instants.source_system, instants.opportunity_id
        ) as first_record_at,
        max(change.recorded_at) over by_instant as change_at
    from instants
    left join last_record_at_instant as record
        on
            instants.source_system = record.source_system
            and instants.opportunity_id = record.opportunity_id
            and instants.recorded_at = record.recorded_at
    left join last_change_at_instant as change
        on
            instants.source_system = change.source_system
            and instants.opportunity_id = change.opportunity_id
            and instants.recorded_at = change.recorded_at
    window
        by_instant as (
            partition by instants.source_system, instants.opportunity_id
            order by instants.recorded_at
            rows between unbounded preceding and current row
        )
),

dated_timeline as (
    select
        *,
        coalesce(change_at > record_at, record_at is null) as is_from_history
    from timeline
),

-- Tracked fields come from whichever is newer; the full record wins a tie, because it is whole.
-- The other attributes come from the newest full record, before the first one from the first.
merged as (
    select
        timeline.source_system,
        timeline.opportunity_id,
        timeline.known_from,
        timeline.known_to,
        timeline.is_from_history,
        timeline.record_at is null as is_backfilled,
        record.op,
        record.is_deleted,
        record.opportunity_name,
        record.account_id,
        record.owner_id,
        record.campaign_id,
        record.opportunity_type,
        record.lead_source,
        record.next_step,
        record.product_value,
        record.currency,
        record.created_on,
        record.source_status,
        record.batch_id,
        record.source_file,
        record.source_line,
        case
            when timeline.is_from_history
                then change.stage_value
            else record.stage_value
        end as stage_value,
        case
            when timeline.is_from_history
                then change.amount
            else record.amount
        end as amount,
        case
            when timeline.is_from_history
                then change.probability_pct
            else record.probability_pct
        end as probability_pct,
        case
            when timeline.is_from_history
                then change.expected_revenue_amount
            else record.expected_revenue_amount
        end as expected_revenue_amount,
        case
            when timeline.is_from_history
                then change.close_on
            else record.close_on
        end as close_on,
        -- Some exports leave the category out of the record; then history is the only witness.
        case
            when timeline.is_from_history
                then change.forecast_category_value
            else coalesce(record.forecast_category_value, change.forecast_category_value)
        end as forecast_category_value
    from dated_timeline as timeline
    inner join last_record_at_instant as record
        on
            timeline.source_system = record.source_system
            and timeline.opportunity_id = record.opportunity_id
            and coalesce(timeline.record_at, timeline.first_record_at) = record.recorded_at
    left join last_change_at_instant as change
        on
            timeline.source_system = change.source_system
            and timeline.opportunity_id = change.opportunity_id
            and timeline.change_at = change.recorded_at
),

conformed as (
    select
        merged.*,
        record_merges.merged_at,
        stages.stage_ordinal,
        stages.status,
        merged.product_value as product_id,
        case
            when merged.forecast_category_value is null then stages.default_forecast_category
            else categories.forecast_category
        end as forecast_category,
        coalesce(merged.currency, '{{ var("currency") }}') as known_currency,
        {{ local_date('merged.known_from') }} as known_from_on,
        case
            when merged.known_to is null then date '9999-12-31'
            else {{ local_date('merged.known_to') }}
        end as known_to_on
    from merged
    left join stages
        on
            merged.source_system = stages.source_system
            and merged.stage_value = stages.stage
    left join record_merges
        on
            merged.source_system = record_merges.source_system
            and merged.opportunity_id = record_merges.record_id
    left join category_aliases
        on
            merged.source_system = category_aliases.source_system
            and merged.forecast_category_value = category_aliases.source_value
    left join categories
        on
            coalesce(category_aliases.value, merged.forecast_category_value)
            = categories.source_value
),

-- The list price of the day the deal was created, or first known where no creation day is kept.
priced as (
    select
        conformed.*,
        prices.list_price as header_list_amount
    from conformed
    left join prices
        on
            conformed.source_system = prices.source_system
            and conformed.product_id = prices.product_id
            and conformed.known_currency = prices.currency
            and coalesce(conformed.created_on, conformed.known_from_on) >= prices.valid_from
            and coalesce(conformed.created_on, conformed.known_from_on) < prices.valid_to
)

select
    {{ surrogate_key('source_system', 'opportunity_id') }} as opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    owner_id,
    campaign_id,
    product_id,
    known_from,
    coalesce(known_to, cast('9999-12-31 00:00:00' as timestamp)) as known_to,
    known_from_on,
    known_to_on,
    created_on,
    close_on,
    opportunity_name,
    opportunity_type,
    lead_source,
    next_step,
    stage_value as stage,
    stage_ordinal,
    status,
    forecast_category,
    forecast_category_value as forecast_category_as_delivered,
    source_status,
    known_currency as currency,
    is_from_history,
    is_backfilled,
    op = 'delete'
    or coalesce(is_deleted, false)
    or coalesce(known_from >= merged_at, false) as is_deleted,
    batch_id,
    source_file,
    source_line,
    case
        when
            amount is null
            and status = 'open'
            and '{{ var("missing_open_amount") }}' = 'list_price'
            then header_list_amount
        else amount
    end as amount_in_currency,
    probability_pct,
    expected_revenue_amount as expected_revenue_in_currency,
    header_list_amount
from priced
