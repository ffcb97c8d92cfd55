with lines as (
    select *
    from ({{ netsuite_lines(source('netsuite', 'transaction_line')) }}) as known
    where line_kind = 'goods'
),

transactions as (
    select *
    from ({{ current_rows(source('netsuite', 'transaction'), ['id']) }}) as known
    where type = 'SalesOrd'
)

select
    'netsuite' as source_system,
    lines.transaction_id || '-' || lines.line_id as line_id,
    lines.transaction_id as order_id,
    lines.item_id as product_value,
    -lines.quantity as quantity,
    lines.rate as unit_price,
    -lines.foreign_amount as line_amount,
    lines._recorded_at as recorded_at,
    lines._extracted_at as extracted_at,
    lines._op as op,
    lines._batch_id as batch_id,
    lines._file as source_file,
    lines._line as source_line
from lines
inner join transactions on lines.transaction_id = transactions.id
