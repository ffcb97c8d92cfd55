{{ config(materialized='view') }}

with steps as (
    {{ latest_versions('ramp_step', ['schedule_id', 'tenure_month']) }}
)

select
    source_system,
    schedule_id,
    tenure_month,
    ramp_pct,
    source_file,
    source_line
from steps
