with transactions as (
    select *
    from {{ source('netsuite', 'transaction') }}
    where type = 'SalesOrd'
),

totals as (
    {{ netsuite_totals() }}
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

-- The goods are what remains of the receivable, so that lines that do not add up to it are seen.
select
    'netsuite' as source_system,
    transactions.id as order_id,
    transactions.entity_id as account_id,
    transactions.crm_opportunity_id as opportunity_id,
    transactions.transaction_on as ordered_on,
    {{ referenced_currency('currencies.symbol', 'currencies.id', 'transactions.currency_id') }}
        as currency,
    totals.total_amount - totals.tax_amount - totals.freight_amount as subtotal_amount,
    totals.tax_amount,
    totals.freight_amount,
    totals.total_amount,
    transactions.status,
    transactions._recorded_at as recorded_at,
    transactions._extracted_at as extracted_at,
    transactions._op as op,
    transactions._batch_id as batch_id,
    transactions._file as source_file,
    transactions._line as source_line
from transactions
left join totals on transactions.id = totals.transaction_id
left join currencies on transactions.currency_id = currencies.id
