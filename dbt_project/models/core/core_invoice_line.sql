{{ config(materialized='view') }}

with lines as (
    {{ latest_versions('invoice_line', ['line_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
)

select
    {{ surrogate_key('lines.source_system', 'lines.line_id') }} as invoice_line_key,
    lines.source_system,
    lines.line_id,
    lines.invoice_id,
    lines.product_value,
    lines.description,
    lines.quantity,
    lines.line_amount,
    coalesce(lines.currency, invoices.currency, {{ company_currency() }}) as currency,
    lines.service_start_on,
    lines.service_end_on,
    lines.source_file,
    lines.source_line
from lines
left join invoices
    on
        lines.source_system = invoices.source_system
        and lines.invoice_id = invoices.invoice_id
where not coalesce(lines.is_deleted, false)
