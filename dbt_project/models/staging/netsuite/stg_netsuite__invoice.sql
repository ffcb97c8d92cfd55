with transactions as (
    select *
    from {{ source('netsuite', 'transaction') }}
    where type in ('CustInvc', 'CashSale')
),

totals as (
    {{ netsuite_totals() }}
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

-- A cash sale is an invoice that is paid as it is written.
select
    'netsuite' as source_system,
    transactions.id as invoice_id,
    transactions.entity_id as account_id,
    transactions.crm_opportunity_id as opportunity_id,
    transactions.transaction_on as invoiced_on,
    transactions.due_on,
    case
        when transactions.type = 'CashSale' then transactions.transaction_on
        else transactions.closed_on
    end as paid_on,
    totals.total_amount as invoice_amount,
    totals.tax_amount,
    totals.freight_amount,
    {{ referenced_currency('currencies.symbol', 'currencies.id', 'transactions.currency_id') }}
        as currency,
    {{ netsuite_status() }} as status,
    transactions._recorded_at as recorded_at,
    transactions._extracted_at as extracted_at,
    transactions._op as op,
    transactions._batch_id as batch_id,
    transactions._file as source_file,
    transactions._line as source_line
from transactions
left join totals on transactions.id = totals.transaction_id
left join currencies on transactions.currency_id = currencies.id
