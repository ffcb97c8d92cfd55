with orders as (select * from {{ source('adventureworks', 'sales_order_header') }})

select
    'adventureworks' as source_system,
    cast(sales_order_id as varchar) as order_id,
    cast(customer_id as varchar) as account_id,
    cast(sales_person_id as varchar) as owner_id,
    cast(sales_order_id as varchar) as opportunity_id,
    order_date as ordered_on,
    sub_total as subtotal_amount,
    tax_amt as tax_amount,
    shipping_cost as freight_amount,
    total_due as total_amount,
    cast(status as varchar) as status,
    {{ lineage() }}
from orders
