with versions as (select * from {{ ref('core_product_price_version') }})

select
    source_system,
    product_id,
    price_list_id,
    price_list_name,
    is_standard,
    currency,
    valid_from,
    valid_to,
    list_price
from versions
where known_to_on = {{ open_end() }}
