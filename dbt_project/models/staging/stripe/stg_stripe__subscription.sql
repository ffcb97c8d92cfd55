with subscriptions as (
    {{ live_rows('subscription') }}
),

-- The plan of a subscription with several items is the one that sorts first.
items as (
    select
        subscription_id,
        min(plan_id) as plan_id,
        sum(quantity) as quantity
    from ({{ current_rows(source('stripe', 'subscription_item'), ['id']) }}) as known
    group by subscription_id
)

select
    'stripe' as source_system,
    subscriptions.id as subscription_id,
    subscriptions.customer_id as account_id,
    items.plan_id,
    subscriptions.status,
    {{ local_date('subscriptions.start_at') }} as started_on,
    {{ local_date('coalesce(subscriptions.ended_at, subscriptions.cancel_at)') }} as ends_on,
    {{ local_date('subscriptions.canceled_at') }} as canceled_on,
    coalesce(items.quantity, subscriptions.quantity) as quantity,
    false as is_deleted,
    subscriptions._recorded_at as recorded_at,
    subscriptions._extracted_at as extracted_at,
    subscriptions._op as op,
    subscriptions._batch_id as batch_id,
    subscriptions._file as source_file,
    subscriptions._line as source_line
from subscriptions
left join items on subscriptions.id = items.subscription_id
