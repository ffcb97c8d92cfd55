with customers as (
    {{ live_rows('customer') }}
)

select
    'stripe' as source_system,
    id as account_id,
    cast(null as varchar) as crm_account_id,
    name as account_name,
    cast(null as varchar) as parent_account_id,
    cast(null as varchar) as industry_value,
    cast(null as varchar) as country,
    cast(null as bigint) as n_employees,
    cast(null as decimal(18, 4)) as annual_revenue,
    cast(null as varchar) as owner_id,
    false as is_deleted,
    {{ lineage() }}
from customers
