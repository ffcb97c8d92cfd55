with accounts as (
    {{ latest_versions('account', ['account_id']) }}
),

aliases as (select * from {{ source('config', 'alias') }} where domain = 'industry')

select
    {{ surrogate_key('accounts.source_system', 'accounts.account_id') }} as account_key,
    accounts.source_system,
    accounts.account_id,
    accounts.account_name,
    accounts.parent_account_id,
    coalesce(aliases.value, accounts.industry_value) as industry,
    accounts.industry_value as industry_as_delivered,
    accounts.country,
    accounts.n_employees,
    accounts.annual_revenue,
    accounts.owner_id,
    accounts.source_file,
    accounts.source_line
from accounts
left join aliases
    on
        accounts.source_system = aliases.source_system
        and accounts.industry_value = aliases.source_value
where not coalesce(accounts.is_deleted, false)
