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

-- A deal begins with what its stage was.
staged as (
    select
        *,
        {{ attribute_at_moment('stage_value') }}
    from heard
    where instant_rank = 1
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
