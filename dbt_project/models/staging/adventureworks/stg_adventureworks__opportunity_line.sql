with lines as (select * from {{ source('adventureworks', 'sales_order_detail') }}),

orders as (
    {{ current_rows(source('adventureworks', 'sales_order_header'), ['sales_order_id']) }}
)

select
    'adventureworks' as source_system,
    cast(lines.sales_order_detail_id as varchar) as line_id,
    cast(lines.sales_order_id as varchar) as opportunity_id,
    cast(lines.product_id as varchar) as product_value,
    lines.order_qty as quantity,
    lines.line_total as net_amount,
    orders.order_date as priced_on,
    lines._recorded_at as recorded_at,
    lines._extracted_at as extracted_at,
    lines._op as op,
    lines._batch_id as batch_id,
    lines._file as source_file,
    lines._line as source_line
from lines
left join orders on lines.sales_order_id = orders.sales_order_id
