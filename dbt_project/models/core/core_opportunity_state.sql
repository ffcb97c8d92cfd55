{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
with changed as (select * from {{ ref('core_changed_opportunity') }}),

witnesses as (
    select *
    from {{ ref('core_opportunity_witness') }}
    {% if is_incremental() -%}
    where opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

-- Of every attribute: who spoke of it last, and what the next to speak of it says it was before.
heard as (
    select
        opportunity_key,
        source_system,
        opportunity_id,
        recorded_at,
        kind,
        weight,
        tie,
        is_gone,
        learned_at,
        batch_id,
        source_file,
        source_line,
        row_number() over (
            partition by opportunity_key, recorded_at
            order by weight desc, tie desc
        ) as instant_rank,
        count(case when kind = 'record' then 1 end) over so_far as n_records,
        count(case when kind = 'merge' then 1 end) over so_far as n_merges,
        {{ heard_of_attributes() }}
    from witnesses
    window
        so_far as (
            partition by opportunity_key order by recorded_at, weight, tie
            rows between unbounded preceding and current row
        ),
        afterwards as (
            partition by opportunity_key order by recorded_at, weight, tie
            rows between 1 following and unbounded following
        )
),

-- An export that runs past midnight stamps rows after its own cut, and history of the next extract
-- comes to lie before them. Who is next by what had been delivered is asked apart, as it is rare.
told_ahead as (
    select distinct opportunity_key
    from witnesses
    where recorded_at > learned_at
),

heard_by_delivery as (
    select
        witnesses.opportunity_key,
        witnesses.recorded_at,
        witnesses.weight,
        witnesses.tie,
        {{ heard_afterwards('told', 'delivered_afterwards') }}
    from witnesses
    inner join told_ahead on witnesses.opportunity_key = told_ahead.opportunity_key
    window
        delivered_afterwards as (
            partition by witnesses.opportunity_key
            order by
                least(witnesses.recorded_at, witnesses.learned_at), witnesses.recorded_at,
                witnesses.weight, witnesses.tie
            rows between 1 following and unbounded following
        )
),

heard_of as (
    select
        heard.*,
        {{ told_attributes('heard_by_delivery') }}
    from heard
    left join heard_by_delivery
        on
            heard.opportunity_key = heard_by_delivery.opportunity_key
            and heard.recorded_at = heard_by_delivery.recorded_at
            and heard.weight = heard_by_delivery.weight
            and heard.tie = heard_by_delivery.tie
    where heard.instant_rank = 1
),

-- A deal begins with what its stage was.
staged as (
    select
        *,
        {{ attribute_at_moment('stage_value') }}
    from heard_of
)

select
    opportunity_key,
    source_system,
    opportunity_id,
    recorded_at as known_from,
    lead(recorded_at) over (partition by opportunity_key order by recorded_at) as known_to,
    kind as witness,
    coalesce({{ struct_field('last_evidence', 'is_history') }}, true) as is_from_history,
    n_records = 0 as is_backfilled,
    n_merges > 0
    or coalesce({{ struct_field('last_record', 'is_gone') }}, kind = 'absence') as is_deleted,
    batch_id,
    source_file,
    source_line,
    stage_value,
    {{ attributes_at_moment() }}
from staged
where last_stage_value is not null or stage_value is not null
