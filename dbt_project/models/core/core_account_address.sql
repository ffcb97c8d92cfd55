{{ config(materialized='view') }}

with ids as (select * from {{ ref('core_account_id') }}),

accounts as (select * from {{ ref('core_account') }}),

account_merges as (select * from {{ ref('core_merge') }} where object_name = 'account'),

known as (
    select
        ids.source_system,
        ids.account_id,
        coalesce(accounts.crm_account_id, account_merges.survivor_id, ids.account_id)
            as surviving_account_id
    from ids
    left join accounts
        on
            ids.source_system = accounts.source_system
            and ids.account_id = accounts.account_id
    left join account_merges
        on
            ids.source_system = account_merges.source_system
            and ids.account_id = account_merges.record_id
),

-- For systems that do not have the account themselves.
elsewhere as (
    select
        account_id,
        min(surviving_account_id) as surviving_account_id
    from known
    group by account_id
    having count(*) = 1
)

select
    source_system,
    account_id,
    surviving_account_id
from known

union all

select
    cast(null as varchar) as source_system,
    account_id,
    surviving_account_id
from elsewhere
