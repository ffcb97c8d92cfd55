{{ config(materialized='view') }}

with controls as (
    {{ latest_versions('credit_control', ['participant_id', 'control_name']) }}
)

select
    source_system,
    participant_id,
    control_name,
    n_periods,
    control_amount,
    source_file,
    source_line
from controls
