{{ config(materialized='view') }}

with refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
)

select
    {{ surrogate_key('source_system', 'refund_id') }} as refund_key,
    source_system,
    refund_id,
    payment_id,
    invoice_id,
    account_id,
    refunded_on,
    refund_amount,
    currency,
    refund_type,
    status,
    source_file,
    source_line
from refunds
where not coalesce(is_deleted, false)
