with products as (select * from {{ source('salesforce', 'product') }})

select
    'salesforce' as source_system,
    id as product_id,
    name as product_name,
    family as product_family,
    is_active,
    {{ lineage() }}
from products
