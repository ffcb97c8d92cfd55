with rates as (select * from {{ source('ecb', 'rate') }})

select
    'ecb' as source_system,
    rate_on,
    'EUR' as base_currency,
    currency as quote_currency,
    rate,
    {{ lineage() }}
from rates
