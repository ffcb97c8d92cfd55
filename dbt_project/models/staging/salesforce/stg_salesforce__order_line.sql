with items as (select * from {{ source('salesforce', 'order_item') }})

select
    'salesforce' as source_system,
    id as line_id,
    order_id,
    product2_id as product_value,
    quantity,
    unit_price,
    quantity * unit_price as line_amount,
    {{ lineage() }}
from items
