{{ config(materialized='view') }}

with entries as (
    {{ latest_versions('ledger_entry', ['entry_id', 'line_id']) }}
)

select
    source_system,
    entry_id,
    line_id,
    ledger_account_id,
    accounting_period_id,
    entity_id,
    transaction_type,
    posted_on,
    amount,
    currency,
    is_posting,
    source_file,
    source_line
from entries
where not coalesce(is_deleted, false)
