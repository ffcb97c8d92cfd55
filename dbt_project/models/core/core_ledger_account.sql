{{ config(materialized='view') }}

with accounts as (
    {{ latest_versions('ledger_account', ['ledger_account_id']) }}
)

select
    {{ surrogate_key('source_system', 'ledger_account_id') }} as ledger_account_key,
    source_system,
    ledger_account_id,
    account_number,
    account_name,
    account_type,
    parent_account_id,
    is_active,
    source_file,
    source_line
from accounts
