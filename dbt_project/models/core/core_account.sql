with accounts as (
    {{ latest_versions('account', ['account_id']) }}
),

account_merges as (select * from {{ ref('core_merge') }} where object_name = 'account'),

-- What a customer of finance is in the CRM: the account it names, or the one that was merged into.
-- An id that several systems have names nobody's account.
crm_accounts as (
    select account_id
    from accounts
    where crm_account_id is null and not coalesce(is_deleted, false)
    group by account_id
    having count(*) = 1
),

crm_merges as (
    select
        record_id,
        min(survivor_id) as survivor_id
    from account_merges
    group by record_id
    having count(*) = 1
),

known_in_crm as (
    select
        accounts.source_system,
        accounts.account_id,
        crm_accounts.account_id as crm_account_id
    from accounts
    left join crm_merges on accounts.crm_account_id = crm_merges.record_id
    inner join crm_accounts
        on coalesce(crm_merges.survivor_id, accounts.crm_account_id) = crm_accounts.account_id
),

aliases as (select * from {{ source('config', 'alias') }} where domain = 'industry')

select
    {{ surrogate_key('accounts.source_system', 'accounts.account_id') }} as account_key,
    accounts.source_system,
    accounts.account_id,
    known_in_crm.crm_account_id,
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
left join known_in_crm
    on
        accounts.source_system = known_in_crm.source_system
        and accounts.account_id = known_in_crm.account_id
left join account_merges
    on
        accounts.source_system = account_merges.source_system
        and accounts.parent_account_id = account_merges.record_id
where not coalesce(accounts.is_deleted, false)
