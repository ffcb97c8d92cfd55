with products as (
    {{ latest_versions('product', ['product_id']) }}
)

select
    {{ surrogate_key('source_system', 'product_id') }} as product_key,
    source_system,
    product_id,
    product_name,
    product_family,
    is_active
from products
