with lines as (
    select *
    from ({{ netsuite_lines(source('netsuite', 'transaction_line')) }}) as known
    where line_kind = 'goods'
),

transactions as (
    select *
    from ({{ current_rows(source('netsuite', 'transaction'), ['id']) }}) as known
    where type in ('CustInvc', 'CashSale')
),

currencies as (
    {{ current_rows(source('netsuite', 'currency'), ['id']) }}
)

select
    'netsuite' as source_system,
    lines.transaction_id || '-' || lines.line_id as line_id,
    lines.transaction_id as invoice_id,
    lines.item_id as product_value,
    lines.memo as description,
    -lines.quantity as quantity,
    -lines.foreign_amount as line_amount,
    {{ referenced_currency('currencies.symbol', 'currencies.id', 'transactions.currency_id') }}
        as currency,
    false as is_deleted,
    lines._recorded_at as recorded_at,
    lines._extracted_at as extracted_at,
    lines._op as op,
    lines._batch_id as batch_id,
    lines._file as source_file,
    lines._line as source_line
from lines
inner join transactions on lines.transaction_id = transactions.id
left join currencies on transactions.currency_id = currencies.id
