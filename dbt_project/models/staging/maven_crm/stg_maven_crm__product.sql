with products as (select * from {{ source('maven_crm', 'product') }})

select
    'maven_crm' as source_system,
    product as product_id,
    product as product_name,
    series as product_family,
    true as is_active,
    {{ lineage() }}
from products
