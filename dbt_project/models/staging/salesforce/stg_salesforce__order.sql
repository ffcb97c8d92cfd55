with orders as (select * from {{ source('salesforce', 'order') }})

select
    'salesforce' as source_system,
    id as order_id,
    account_id,
    owner_id,
    opportunity_id,
    effective_date as ordered_on,
    currency_iso_code as currency,
    total_amount as subtotal_amount,
    total_amount,
    coalesce(status_code, status) as status,
    {{ lineage() }}
from orders
