{{ config(materialized='view') }}

with payments as (
    {{ latest_versions('payment', ['payment_id']) }}
),

accounts as (select * from {{ ref('core_account') }})

select
    {{ surrogate_key('payments.source_system', 'payments.payment_id') }} as payment_key,
    payments.source_system,
    payments.payment_id,
    coalesce(accounts.crm_account_id, payments.account_id) as account_id,
    payments.invoice_id,
    payments.paid_on,
    payments.payment_amount,
    payments.currency,
    payments.status,
    payments.source_file,
    payments.source_line
from payments
left join accounts
    on
        payments.source_system = accounts.source_system
        and payments.account_id = accounts.account_id
where not coalesce(payments.is_deleted, false)
