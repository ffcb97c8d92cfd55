with rates as (
    {{ latest_versions('exchange_rate', ['rate_on', 'base_currency', 'quote_currency']) }}
)

select
    rate_on,
    base_currency,
    quote_currency,
    rate
from rates
