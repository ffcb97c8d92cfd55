with customers as (select * from {{ source('netsuite', 'customer') }})

select
    'netsuite' as source_system,
    id as account_id,
    crm_account_id,
    coalesce(company_name, display_name) as account_name,
    parent_id as parent_account_id,
    sales_rep_id as owner_id,
    false as is_deleted,
    {{ lineage() }}
from customers
