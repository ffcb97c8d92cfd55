with plans as (select * from {{ source('stripe', 'plan') }})

select
    'stripe' as source_system,
    id as plan_id,
    nickname as plan_name,
    product_id as product_value,
    {{ from_minor_units('amount', 'currency') }} as amount,
    upper(currency) as currency,
    interval_unit,
    cast(interval_count as integer) as interval_count,
    is_active,
    false as is_deleted,
    {{ lineage() }}
from plans
