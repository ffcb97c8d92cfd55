with accounts as (select * from {{ source('salesforce', 'account') }})

select
    'salesforce' as source_system,
    id as account_id,
    name as account_name,
    parent_id as parent_account_id,
    industry as industry_value,
    billing_country as country,
    number_of_employees as n_employees,
    annual_revenue,
    owner_id,
    is_deleted,
    {{ lineage() }}
from accounts
