with lines as (select * from {{ source('salesforce', 'opportunity_line_item') }})

select
    'salesforce' as source_system,
    id as line_id,
    opportunity_id,
    product2_id as product_value,
    quantity,
    list_price,
    total_price as net_amount,
    {{ local_date('created_date') }} as priced_on,
    {{ lineage() }}
from lines
