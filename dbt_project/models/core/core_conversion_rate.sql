{{ config(materialized='view') }}

with rates as (
    {{ latest_versions('conversion_rate', ['currency', 'rate_type', 'valid_from']) }}
)

select
    source_system,
    currency,
    rate_type,
    {{ from_the_start('valid_from') }} as valid_from,
    {{ open_end('valid_to') }} as valid_to,
    units_per_base,
    base_currency,
    source_file,
    source_line
from rates
