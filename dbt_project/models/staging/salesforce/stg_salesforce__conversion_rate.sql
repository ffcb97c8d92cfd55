with rates as (select * from {{ source('salesforce', 'dated_conversion_rate') }})

select
    'salesforce' as source_system,
    iso_code as currency,
    'booking' as rate_type,
    start_date as valid_from,
    next_start_date as valid_to,
    conversion_rate as units_per_base,
    '{{ var("currency") }}' as base_currency,
    {{ lineage() }}
from rates
