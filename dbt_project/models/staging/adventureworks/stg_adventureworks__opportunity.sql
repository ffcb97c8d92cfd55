-- An order is the closed-won deal: there is no pipeline before it in this source. One that was
-- rejected (4) or cancelled (6) is no deal.
with orders as (select * from {{ source('adventureworks', 'sales_order_header') }})

select
    'adventureworks' as source_system,
    cast(sales_order_id as varchar) as opportunity_id,
    purchase_order_number as opportunity_name,
    cast(customer_id as varchar) as account_id,
    cast(sales_person_id as varchar) as owner_id,
    'Ordered' as stage_value,
    sub_total as amount,
    order_date as created_on,
    order_date as close_on,
    coalesce(status in (4, 6), false) as is_deleted,
    {{ lineage() }}
from orders
