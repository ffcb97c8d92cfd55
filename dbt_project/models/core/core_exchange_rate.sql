{{ config(materialized='view') }}

with versions as (select * from {{ ref('core_exchange_rate_version') }})

select
    rate_on,
    base_currency,
    quote_currency,
    rate
from versions
where known_to_on = {{ open_end() }}
