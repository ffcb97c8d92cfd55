with charges as (
    {{ live_rows('charge') }}
),

invoices as (
    {{ current_rows(source('stripe', 'invoice'), ['id']) }}
),

units as (
    {{ unit_values() }}
)

select
    'stripe' as source_system,
    charges.id as payment_id,
    charges.customer_id as account_id,
    charges.invoice_id,
    {{ local_date('charges.created_at') }} as paid_on,
    {{ from_minor_units('charges.amount', 'units.unit_value') }} as payment_amount,
    {{ stripe_currency('charges.currency', 'invoices.currency') }} as currency,
    -- An authorised charge says that it succeeded before any money is taken.
    case
        when charges.status = 'succeeded' and not coalesce(charges.is_captured, true) then 'pending'
        else charges.status
    end as status,
    false as is_deleted,
    charges._recorded_at as recorded_at,
    charges._extracted_at as extracted_at,
    charges._op as op,
    charges._batch_id as batch_id,
    charges._file as source_file,
    charges._line as source_line
from charges
left join invoices on charges.invoice_id = invoices.id
left join units
    on {{ stripe_currency('charges.currency', 'invoices.currency') }} = units.currency_code
