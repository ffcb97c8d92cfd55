{%- if should_full_refresh() -%}
select
    cast(null as varchar) as opportunity_key,
    cast(null as varchar) as source_system,
    cast(null as varchar) as opportunity_id,
    cast(null as date) as first_changed_on
where 1 = 0
{%- else -%}
with pending as (select * from {{ source('increment', 'pending_batch') }}),

records as (
    {{ union_entity('opportunity') }}
),

all_changes as (
    {{ union_entity('opportunity_change') }}
),

field_changes as (
    {{ union_entity('opportunity_field_change') }}
),

extracts as (select * from {{ ref('core_opportunity_extract') }}),

witnesses as (
    select
        source_system,
        opportunity_id,
        recorded_at,
        batch_id,
        true as is_record
    from records

    union all

    select
        source_system,
        opportunity_id,
        recorded_at,
        batch_id,
        false as is_record
    from all_changes

    union all

    select
        source_system,
        opportunity_id,
        recorded_at,
        batch_id,
        false as is_record
    from field_changes
),

spoken_of as (
    select distinct
        witnesses.source_system,
        witnesses.opportunity_id
    from witnesses
    inner join pending on witnesses.batch_id = pending.batch_id
),

judged as (
    select
        witnesses.source_system,
        witnesses.opportunity_id,
        min(witnesses.recorded_at) as first_at,
        min(case when pending.batch_id is not null then witnesses.recorded_at end)
            as first_pending_at,
        count(case when pending.batch_id is null and witnesses.is_record then 1 end)
            as n_known_records
    from witnesses
    inner join spoken_of
        on
            witnesses.source_system = spoken_of.source_system
            and witnesses.opportunity_id = spoken_of.opportunity_id
    left join pending on witnesses.batch_id = pending.batch_id
    group by witnesses.source_system, witnesses.opportunity_id
),

-- A deal without a record may be told to be gone by an extract that does not speak of it.
unrecorded as (
    select
        source_system,
        opportunity_id
    from witnesses
    group by source_system, opportunity_id
    having count(case when is_record then 1 end) = 0
),

pending_extracts as (
    select
        extracts.source_system,
        min(extracts.extract_on) as first_extract_on
    from extracts
    inner join pending on extracts.batch_id = pending.batch_id
    group by extracts.source_system
),

changed as (
    select
        source_system,
        opportunity_id,
        -- Its first full record brings to light the history that came before it.
        {{ local_date('case when n_known_records = 0 then first_at else first_pending_at end') }}
            as changed_on
    from judged

    union all

    select
        unrecorded.source_system,
        unrecorded.opportunity_id,
        pending_extracts.first_extract_on as changed_on
    from unrecorded
    inner join pending_extracts on unrecorded.source_system = pending_extracts.source_system
)

select
    {{ surrogate_key('source_system', 'opportunity_id') }} as opportunity_key,
    source_system,
    opportunity_id,
    min(changed_on) as first_changed_on
from changed
group by source_system, opportunity_id
{%- endif %}
