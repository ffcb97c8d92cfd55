with products as (select * from {{ source('maven_crm', 'product') }})

select
    'maven_crm' as source_system,
    product as product_id,
    'standard' as price_list_id,
    true as is_standard,
    sales_price as list_price,
    {{ lineage() }}
from products
