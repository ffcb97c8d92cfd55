with rates as (
    {{ known_versions('exchange_rate', ['rate_on', 'base_currency', 'quote_currency']) }}
)

select
    rate_on,
    base_currency,
    quote_currency,
    known_from_on,
    known_to_on,
    rate
from rates
