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
        'record' as kind,
        source_system,
        opportunity_id,
        recorded_at,
        extracted_at,
        batch_id
    from records

    union all

    select
        'state' as kind,
        source_system,
        opportunity_id,
        recorded_at,
        extracted_at,
        batch_id
    from all_changes

    union all

    select
        'field' as kind,
        source_system,
        opportunity_id,
        recorded_at,
        extracted_at,
        batch_id
    from field_changes
),

first_extracts as (
    select
        kind,
        source_system,
        min(extracted_at) as first_extracted_at
    from witnesses
    group by kind, source_system
),

-- What a first extract says is believed of the days before it, too.
spoken_of as (
    select
        witnesses.source_system,
        witnesses.opportunity_id,
        min(
            case
                when witnesses.extracted_at > first_extracts.first_extracted_at
                    then witnesses.extracted_at
                else cast('1900-01-01 00:00:00' as timestamp)
            end
        ) as believed_from
    from witnesses
    inner join pending on witnesses.batch_id = pending.batch_id
    inner join first_extracts
        on
            witnesses.kind = first_extracts.kind
            and witnesses.source_system = first_extracts.source_system
    group by witnesses.source_system, witnesses.opportunity_id
),

judged as (
    select
        witnesses.source_system,
        witnesses.opportunity_id,
        min(witnesses.recorded_at) as first_at,
        -- Whoever was heard since then is told by the new ones what was before them.
        min(
            case
                when witnesses.extracted_at >= spoken_of.believed_from
                    then witnesses.recorded_at
            end
        ) as first_retold_at,
        count(case when pending.batch_id is null and witnesses.kind = 'record' then 1 end)
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
    having count(case when kind = 'record' then 1 end) = 0
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
        {{ local_date('case when n_known_records = 0 then first_at else first_retold_at end') }}
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
