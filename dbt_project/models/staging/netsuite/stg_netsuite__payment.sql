with transactions as (
    select *
    from {{ source('netsuite', 'transaction') }}
    where type in ('CustPymt', 'CashSale')
),

totals as (
    {{ netsuite_totals() }}
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

-- A cash sale pays itself.
select
    'netsuite' as source_system,
    transactions.id as payment_id,
    transactions.entity_id as account_id,
    case when transactions.type = 'CashSale' then transactions.id else totals.created_from_id end
        as invoice_id,
    transactions.transaction_on as paid_on,
    totals.total_amount as payment_amount,
    {{ referenced_currency('currencies.symbol', 'currencies.id', 'transactions.currency_id') }}
        as currency,
    {{ netsuite_status() }} as status,
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
