with transactions as (
    select *
    from {{ source('netsuite', 'transaction') }}
    where type in ('CustCred', 'CashRfnd')
),

totals as (
    {{ netsuite_totals() }}
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

-- A cash refund is the credit memo of a cash sale.
select
    'netsuite' as source_system,
    transactions.id as refund_id,
    totals.created_from_id as invoice_id,
    transactions.entity_id as account_id,
    transactions.transaction_on as refunded_on,
    -totals.total_amount as refund_amount,
    -totals.tax_amount as tax_amount,
    -totals.freight_amount as freight_amount,
    {{ referenced_currency('currencies.symbol', 'currencies.id', 'transactions.currency_id') }}
        as currency,
    'credit_memo' as refund_type,
    {{ netsuite_status() }} as status,
    transactions.crm_opportunity_id as opportunity_id,
    false as is_deleted,
    transactions._recorded_at as recorded_at,
    transactions._extracted_at as extracted_at,
    transactions._op as op,
    transactions._batch_id as batch_id,
    transactions._file as source_file,
    transactions._line as source_line
from transactions
left join totals on transactions.id = totals.transaction_id
left join currencies on transactions.currency_id = currencies.id
