with accounts as (select * from {{ source('maven_crm', 'account') }})

select
    'maven_crm' as source_system,
    account as account_id,
    account as account_name,
    subsidiary_of as parent_account_id,
    sector as industry_value,
    office_location as country,
    employees as n_employees,
    -- Delivered in millions.
    revenue * 1000000 as annual_revenue,
    false as is_deleted,
    {{ lineage() }}
from accounts
