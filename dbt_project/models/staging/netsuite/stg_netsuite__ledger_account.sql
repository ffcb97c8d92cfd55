with accounts as (select * from {{ source('netsuite', 'account') }}),

types as (
    {{ current_rows(source('netsuite', 'account_type'), ['id']) }}
)

select
    'netsuite' as source_system,
    accounts.id as ledger_account_id,
    accounts.account_number,
    coalesce(accounts.full_name, accounts.name) as account_name,
    coalesce(types.long_name, accounts.account_type_id) as account_type,
    accounts.parent_id as parent_account_id,
    coalesce(accounts.is_inactive, 'F') not in ('T', 'TRUE') as is_active,
    accounts._recorded_at as recorded_at,
    accounts._extracted_at as extracted_at,
    accounts._op as op,
    accounts._batch_id as batch_id,
    accounts._file as source_file,
    accounts._line as source_line
from accounts
left join types on accounts.account_type_id = types.id
