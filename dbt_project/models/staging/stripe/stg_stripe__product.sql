with products as (
    {{ live_rows('product') }}
)

select
    'stripe' as source_system,
    id as product_id,
    name as product_name,
    type as product_family,
    is_active,
    {{ lineage() }}
from products
