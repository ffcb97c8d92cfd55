with rates as (select * from {{ source('finance', 'plan_rate') }})

select
    'finance' as source_system,
    currency,
    'plan' as rate_type,
    valid_from,
    valid_to,
    units_per_base,
    base_currency,
    {{ lineage() }}
from rates
