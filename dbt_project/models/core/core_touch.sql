{{ config(materialized='view') }}

with touches as (
    {{ latest_versions('touch', ['touch_id']) }}
)

select
    {{ surrogate_key('source_system', 'touch_id') }} as touch_key,
    source_system,
    touch_id,
    person_id,
    campaign_id,
    channel,
    touch_type,
    occurred_at,
    is_response,
    source_file,
    source_line
from touches
where not coalesce(is_deleted, false)
