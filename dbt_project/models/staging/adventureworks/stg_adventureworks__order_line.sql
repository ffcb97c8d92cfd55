with lines as (select * from {{ source('adventureworks', 'sales_order_detail') }})

select
    'adventureworks' as source_system,
    cast(sales_order_detail_id as varchar) as line_id,
    cast(sales_order_id as varchar) as order_id,
    cast(product_id as varchar) as product_value,
    order_qty as quantity,
    unit_price,
    line_total as line_amount,
    {{ lineage() }}
from lines
