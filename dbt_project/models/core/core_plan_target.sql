{{ config(materialized='view') }}

with targets as (
    {{ latest_versions('plan_target', ['target_id']) }}
)

select
    {{ surrogate_key('source_system', 'target_id') }} as target_key,
    source_system,
    target_id,
    node,
    kpi,
    version,
    period_start_on,
    target_amount,
    currency,
    source_file,
    source_line
from targets
