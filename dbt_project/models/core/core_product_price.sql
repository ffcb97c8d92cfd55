with prices as (
    {{ latest_versions('product_price', ['product_id', 'currency', 'valid_from']) }}
)

select
    source_system,
    product_id,
    coalesce(currency, '{{ var("currency") }}') as currency,
    coalesce(valid_from, date '1900-01-01') as valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    list_price
from prices
