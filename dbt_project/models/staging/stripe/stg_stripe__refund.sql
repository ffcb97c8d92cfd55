with refunds as (select * from {{ source('stripe', 'refund') }}),

charges as (
    {{ current_rows(source('stripe', 'charge'), ['id']) }}
)

select
    'stripe' as source_system,
    refunds.id as refund_id,
    refunds.charge_id as payment_id,
    charges.invoice_id,
    charges.customer_id as account_id,
    {{ local_date('refunds.created_at') }} as refunded_on,
    {{ from_minor_units('refunds.amount', 'refunds.currency') }} as refund_amount,
    upper(refunds.currency) as currency,
    'refund' as refund_type,
    refunds.status,
    false as is_deleted,
    refunds._recorded_at as recorded_at,
    refunds._extracted_at as extracted_at,
    refunds._op as op,
    refunds._batch_id as batch_id,
    refunds._file as source_file,
    refunds._line as source_line
from refunds
left join charges on refunds.charge_id = charges.id
