{{ config(materialized='view') }}

with subscriptions as (
    {{ latest_versions('subscription', ['subscription_id']) }}
)

select
    {{ surrogate_key('source_system', 'subscription_id') }} as subscription_key,
    source_system,
    subscription_id,
    account_id,
    plan_id,
    status,
    started_on,
    ends_on,
    canceled_on,
    quantity,
    source_file,
    source_line
from subscriptions
where not coalesce(is_deleted, false)
