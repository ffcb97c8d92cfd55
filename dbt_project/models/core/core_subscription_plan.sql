{{ config(materialized='view') }}

with plans as (
    {{ latest_versions('subscription_plan', ['plan_id']) }}
)

select
    {{ surrogate_key('source_system', 'plan_id') }} as plan_key,
    source_system,
    plan_id,
    plan_name,
    product_value,
    amount,
    currency,
    interval_unit,
    interval_count,
    is_active,
    source_file,
    source_line
from plans
where not coalesce(is_deleted, false)
