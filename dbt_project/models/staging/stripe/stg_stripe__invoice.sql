with invoices as (
    {{ live_rows('invoice') }}
),

charges as (
    {{ current_rows(source('stripe', 'charge'), ['id']) }}
),

-- What was only authorised, or failed, has paid nothing.
payments as (
    select
        invoice_id,
        max(created_at) as paid_at
    from charges
    where status = 'succeeded' and coalesce(is_captured, true)
    group by invoice_id
),

units as (
    {{ unit_values() }}
)

select
    'stripe' as source_system,
    invoices.id as invoice_id,
    invoices.customer_id as account_id,
    {{ local_date('coalesce(invoices.created_at, invoices.period_end_at)') }} as invoiced_on,
    {{ local_date('invoices.due_at') }} as due_on,
    case
        when invoices.status = 'paid'
            then {{ local_date('coalesce(invoices.paid_at, payments.paid_at)') }}
    end as paid_on,
    {{ from_minor_units('invoices.total', 'units.unit_value') }} as invoice_amount,
    {{ from_minor_units(stripe_invoice_tax(), 'units.unit_value') }} as tax_amount,
    cast(0 as decimal(18, 4)) as freight_amount,
    {{ stripe_currency('invoices.currency') }} as currency,
    invoices.status,
    invoices._recorded_at as recorded_at,
    invoices._extracted_at as extracted_at,
    invoices._op as op,
    invoices._batch_id as batch_id,
    invoices._file as source_file,
    invoices._line as source_line
from invoices
left join units on {{ stripe_currency('invoices.currency') }} = units.currency_code
left join payments on invoices.id = payments.invoice_id
