with orders as (select * from {{ source('finance', 'order') }})

select
    'finance' as source_system,
    order_id,
    account_id,
    owner_id,
    opportunity_id,
    ordered_on,
    currency,
    subtotal_amount,
    tax_amount,
    freight_amount,
    total_amount,
    coalesce(status, 'open') as status,
    {{ lineage() }}
from orders
