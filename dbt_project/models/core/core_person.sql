{{ config(materialized='view') }}

with people as (
    {{ latest_versions('person', ['person_id']) }}
),

record_merges as (select * from {{ ref('core_merge') }})

select
    {{ surrogate_key('people.source_system', 'people.person_id') }} as person_key,
    people.source_system,
    people.person_id,
    people.person_type,
    people.account_id,
    people.owner_id,
    people.converted_to_id,
    record_merges.survivor_id as merged_into_id,
    people.created_on,
    people.email_hash,
    people.lead_source,
    people.source_file,
    people.source_line
from people
left join record_merges
    on
        people.source_system = record_merges.source_system
        and people.person_type = record_merges.object_name
        and people.person_id = record_merges.record_id
where not coalesce(people.is_deleted, false)
