with products as (select * from {{ ref('core_product') }})

select
    product_key,
    source_system,
    product_id,

    product_name,
    product_family,
    is_active
from products
