with customers as (
    {{ live_rows('customer') }}
)

select
    'stripe' as source_system,
    id as account_id,
    name as account_name,
    false as is_deleted,
    {{ lineage() }}
from customers
