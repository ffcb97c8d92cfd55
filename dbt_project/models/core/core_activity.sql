{{ config(materialized='view') }}

with activities as (
    {{ latest_versions('activity', ['activity_id']) }}
)

select
    {{ surrogate_key('source_system', 'activity_id') }} as activity_key,
    source_system,
    activity_id,
    activity_type,
    owner_id,
    account_id,
    opportunity_id,
    person_id,
    occurred_at,
    occurred_on,
    is_completed,
    source_file,
    source_line
from activities
where not coalesce(is_deleted, false)
