{{ config(materialized='view') }}

with lines as (
    {{ latest_versions('invoice_line', ['line_id']) }}
)

select
    {{ surrogate_key('source_system', 'line_id') }} as invoice_line_key,
    source_system,
    line_id,
    invoice_id,
    product_value,
    description,
    quantity,
    line_amount,
    currency,
    service_start_on,
    service_end_on,
    source_file,
    source_line
from lines
where not coalesce(is_deleted, false)
