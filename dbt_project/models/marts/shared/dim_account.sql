-- A customer of finance that is an account of the CRM is that account.
with accounts as (
    select *
    from {{ ref('core_account') }}
    where crm_account_id is null
)

select
    account_key,
    source_system,
    account_id,
    parent_account_id,
    owner_id,

    account_name,
    industry,
    industry_as_delivered,
    country,
    source_file,
    source_line,

    n_employees,
    annual_revenue
from accounts

union all

-- Deals without an account meet this row, so that totals by account tie.
select
    md5('unassigned') as account_key,
    'unassigned' as source_system,
    'unassigned' as account_id,
    cast(null as varchar) as parent_account_id,
    cast(null as varchar) as owner_id,

    'unassigned' as account_name,
    cast(null as varchar) as industry,
    cast(null as varchar) as industry_as_delivered,
    cast(null as varchar) as country,
    cast(null as varchar) as source_file,
    cast(null as bigint) as source_line,

    cast(null as bigint) as n_employees,
    cast(null as decimal(18, 4)) as annual_revenue
