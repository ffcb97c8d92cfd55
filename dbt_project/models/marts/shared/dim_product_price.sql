with prices as (select * from {{ ref('core_product_price') }})

select
    source_system,
    product_id,
    currency,

    valid_from,
    valid_to,

    list_price
from prices
