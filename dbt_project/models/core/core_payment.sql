{{ config(materialized='view') }}

with payments as (
    {{ latest_versions('payment', ['payment_id']) }}
)

select
    {{ surrogate_key('source_system', 'payment_id') }} as payment_key,
    source_system,
    payment_id,
    account_id,
    invoice_id,
    paid_on,
    payment_amount,
    currency,
    status,
    source_file,
    source_line
from payments
where not coalesce(is_deleted, false)
