with prices as (
    {{ known_versions(
        'product_price', ['product_id', 'price_list_id', 'currency', 'valid_from']
    ) }}
)

select
    source_system,
    product_id,
    price_list_id,
    price_list_name,
    is_standard,
    currency,
    {{ from_the_start('valid_from') }} as valid_from,
    {{ open_end('valid_to') }} as valid_to,
    known_from_on,
    known_to_on,
    list_price
from prices
