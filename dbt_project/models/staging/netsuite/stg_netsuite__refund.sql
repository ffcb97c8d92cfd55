with transactions as (
    select *
    from {{ source('netsuite', 'transaction') }}
    where type = 'CustCred'
),

-- On a sale the main line is the receivable, positive; the lines of what is sold are negative.
totals as (
    select
        transaction_id,
        max(case when is_main_line then foreign_amount end) as total_amount,
        max(created_from_id) as created_from_id
    from (
        {{ current_rows(source('netsuite', 'transaction_line'), ['transaction_id', 'line_id']) }}
    ) as lines
    group by transaction_id
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

select
    'netsuite' as source_system,
    transactions.id as refund_id,
    cast(null as varchar) as payment_id,
    totals.created_from_id as invoice_id,
    transactions.entity_id as account_id,
    transactions.transaction_on as refunded_on,
    -totals.total_amount as refund_amount,
    currencies.symbol as currency,
    'credit_memo' as refund_type,
    'issued' as status,
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
