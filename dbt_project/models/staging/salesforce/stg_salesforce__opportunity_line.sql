with lines as (select * from {{ source('salesforce', 'opportunity_line_item') }}),

entries as (
    {{ current_rows(source('salesforce', 'pricebook_entry'), ['id']) }}
)

-- The list price of a line is that of the price book its deal uses.
select
    'salesforce' as source_system,
    lines.id as line_id,
    lines.opportunity_id,
    lines.product2_id as product_value,
    lines.quantity,
    coalesce(lines.list_price, entries.unit_price) as list_price,
    lines.total_price as net_amount,
    {{ local_date('lines.created_date') }} as priced_on,
    lines._recorded_at as recorded_at,
    lines._extracted_at as extracted_at,
    lines._op as op,
    lines._batch_id as batch_id,
    lines._file as source_file,
    lines._line as source_line
from lines
left join entries on lines.pricebook_entry_id = entries.id
