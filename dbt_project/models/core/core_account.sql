with accounts as (
    {{ latest_versions('account', ['account_id']) }}
),

account_merges as (select * from {{ ref('core_merge') }} where object_name = 'account'),

aliases as (select * from {{ source('config', 'alias') }} where domain = 'industry')

select
    {{ surrogate_key('accounts.source_system', 'accounts.account_id') }} as account_key,
    accounts.source_system,
    accounts.account_id,
    accounts.account_name,
    coalesce(account_merges.survivor_id, accounts.parent_account_id) as parent_account_id,
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
left join account_merges
    on
        accounts.source_system = account_merges.source_system
        and accounts.parent_account_id = account_merges.record_id
where not coalesce(accounts.is_deleted, false)
