with products as (select * from {{ source('maven_crm', 'product') }})

select
    'maven_crm' as source_system,
    product as product_id,
    'standard' as price_list_id,
    cast(null as varchar) as price_list_name,
    true as is_standard,
    cast(null as varchar) as currency,
    sales_price as list_price,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to,
    {{ lineage() }}
from products
