with lines as (
    {{ live_rows('invoice_line_item') }}
),

invoices as (
    {{ current_rows(source('stripe', 'invoice'), ['id']) }}
),

units as (
    {{ unit_values() }}
)

select
    'stripe' as source_system,
    lines.id as line_id,
    lines.invoice_id,
    lines.plan_id as product_value,
    lines.description,
    lines.quantity,
    {{ from_minor_units('lines.amount', 'units.unit_value') }} as line_amount,
    {{ stripe_currency('lines.currency', 'invoices.currency') }} as currency,
    {{ local_date('lines.period_start_at') }} as service_start_on,
    {{ local_date('lines.period_end_at') }} as service_end_on,
    false as is_deleted,
    lines._recorded_at as recorded_at,
    lines._extracted_at as extracted_at,
    lines._op as op,
    lines._batch_id as batch_id,
    lines._file as source_file,
    lines._line as source_line
from lines
left join invoices on lines.invoice_id = invoices.id
left join units
    on {{ stripe_currency('lines.currency', 'invoices.currency') }} = units.currency_code
