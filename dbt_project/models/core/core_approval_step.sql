{{ config(materialized='view') }}

with steps as (
    {{ latest_versions('approval_step', ['step_id']) }}
)

select
    {{ surrogate_key('source_system', 'step_id') }} as step_key,
    source_system,
    step_id,
    target_id,
    process_id,
    approver_id,
    decision,
    assigned_at,
    decided_at,
    source_file,
    source_line
from steps
