with companies as (select * from {{ source('hubspot', 'company') }})

select
    'hubspot' as source_system,
    id as account_id,
    name as account_name,
    parent_company_id as parent_account_id,
    industry as industry_value,
    country,
    number_of_employees as n_employees,
    annual_revenue,
    owner_id,
    {{ lineage() }}
from companies
