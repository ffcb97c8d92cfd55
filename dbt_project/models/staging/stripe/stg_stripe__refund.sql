with refunds as (select * from {{ source('stripe', 'refund') }}),

charges as (
    {{ current_rows(source('stripe', 'charge'), ['id']) }}
),

invoices as (
    {{ current_rows(source('stripe', 'invoice'), ['id']) }}
),

notes as (
    {{ live_rows('credit_note') }}
),

units as (
    {{ unit_values() }}
),

-- A refund has no mode of its own: it is as live as the charge it pays back.
live_refunds as (
    select
        refunds.*,
        charges.invoice_id,
        charges.customer_id
    from refunds
    left join charges on refunds.charge_id = charges.id
    where coalesce(charges.is_live, true)
)

select
    'stripe' as source_system,
    live_refunds.id as refund_id,
    live_refunds.charge_id as payment_id,
    live_refunds.invoice_id,
    live_refunds.customer_id as account_id,
    {{ local_date('live_refunds.created_at') }} as refunded_on,
    {{ from_minor_units('live_refunds.amount', 'units.unit_value') }} as refund_amount,
    cast(0 as decimal(18, 4)) as tax_amount,
    cast(0 as decimal(18, 4)) as freight_amount,
    {{ stripe_currency('live_refunds.currency', 'invoices.currency') }} as currency,
    'refund' as refund_type,
    live_refunds.status,
    false as is_deleted,
    live_refunds._recorded_at as recorded_at,
    live_refunds._extracted_at as extracted_at,
    live_refunds._op as op,
    live_refunds._batch_id as batch_id,
    live_refunds._file as source_file,
    live_refunds._line as source_line
from live_refunds
left join invoices on live_refunds.invoice_id = invoices.id
left join units
    on {{ stripe_currency('live_refunds.currency', 'invoices.currency') }} = units.currency_code

union all

select
    'stripe' as source_system,
    notes.id as refund_id,
    cast(null as varchar) as payment_id,
    notes.invoice_id,
    invoices.customer_id as account_id,
    {{ local_date('notes.created_at') }} as refunded_on,
    {{ from_minor_units('notes.total', 'units.unit_value') }} as refund_amount,
    {{ from_minor_units(stripe_credit_note_tax(), 'units.unit_value') }} as tax_amount,
    cast(0 as decimal(18, 4)) as freight_amount,
    {{ stripe_currency('notes.currency', 'invoices.currency') }} as currency,
    'credit_memo' as refund_type,
    notes.status,
    false as is_deleted,
    notes._recorded_at as recorded_at,
    notes._extracted_at as extracted_at,
    notes._op as op,
    notes._batch_id as batch_id,
    notes._file as source_file,
    notes._line as source_line
from notes
left join invoices on notes.invoice_id = invoices.id
left join units
    on {{ stripe_currency('notes.currency', 'invoices.currency') }} = units.currency_code
