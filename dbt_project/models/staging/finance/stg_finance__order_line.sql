with lines as (select * from {{ source('finance', 'order_line') }})

select
    'finance' as source_system,
    line_id,
    order_id,
    product_id as product_value,
    quantity,
    unit_price,
    line_amount,
    {{ lineage() }}
from lines
