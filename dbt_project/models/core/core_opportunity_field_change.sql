{{ config(materialized='view') }}

with changes as (
    {{ latest_versions('opportunity_field_change', ['change_id']) }}
)

select
    {{ surrogate_key('source_system', 'change_id') }} as change_key,
    source_system,
    change_id,
    opportunity_id,
    field,
    old_value,
    new_value,
    changed_by,
    changed_at,
    source_file,
    source_line
from changes
