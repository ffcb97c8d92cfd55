with named_merges as (
    {{ latest_versions('merge', ['object_name', 'record_id']) }}
),

deal_merges as (
    {{ latest_versions('opportunity_merge', ['record_id']) }}
),

record_merges as (
    select
        source_system,
        object_name,
        record_id,
        survivor_id,
        source_file,
        source_line
    from named_merges

    union all

    select
        source_system,
        'opportunity' as object_name,
        record_id,
        survivor_id,
        source_file,
        source_line
    from deal_merges
),

deliveries as (
    select
        source_system,
        object_name,
        record_id,
        recorded_at,
        op
    from ({{ union_entity('merge') }}) as versions

    union all

    select
        source_system,
        'opportunity' as object_name,
        record_id,
        recorded_at,
        op
    from ({{ union_entity('opportunity_merge') }}) as versions
),

-- A connector that delivers all of its rows again says nothing new.
first_known as (
    select
        source_system,
        object_name,
        record_id,
        min(recorded_at) as merged_at
    from deliveries
    where op = 'upsert'
    group by source_system, object_name, record_id
),

-- A survivor may have been merged itself: follow the chain. Longer chains, and cycles, end with the
-- record that was reached, and are refused by a test.
first_step as (
    select
        record_merges.source_system,
        record_merges.object_name,
        record_merges.record_id,
        record_merges.survivor_id as reached_id,
        first_known.merged_at,
        record_merges.source_file,
        record_merges.source_line
    from record_merges
    inner join first_known
        on
            record_merges.source_system = first_known.source_system
            and record_merges.object_name = first_known.object_name
            and record_merges.record_id = first_known.record_id
),
{% for step in range(5) %}
step_{{ step }} as (
    select
        earlier.source_system,
        earlier.object_name,
        earlier.record_id,
        coalesce(record_merges.survivor_id, earlier.reached_id) as reached_id,
        earlier.merged_at,
        earlier.source_file,
        earlier.source_line
    from {{ 'first_step' if step == 0 else 'step_' ~ (step - 1) }} as earlier
    left join record_merges
        on
            earlier.source_system = record_merges.source_system
            and earlier.object_name = record_merges.object_name
            and earlier.reached_id = record_merges.record_id
),
{% endfor %}
unfinished as (
    select
        step_4.source_system,
        step_4.object_name,
        step_4.record_id
    from step_4
    inner join record_merges
        on
            step_4.source_system = record_merges.source_system
            and step_4.object_name = record_merges.object_name
            and step_4.reached_id = record_merges.record_id
)

select
    step_4.source_system,
    step_4.object_name,
    step_4.record_id,
    step_4.reached_id as survivor_id,
    step_4.merged_at,
    step_4.source_file,
    step_4.source_line,
    unfinished.record_id is not null as is_unfinished
from step_4
left join unfinished
    on
        step_4.source_system = unfinished.source_system
        and step_4.object_name = unfinished.object_name
        and step_4.record_id = unfinished.record_id
