{{ config(materialized='view') }}

with payments as (
    {{ latest_versions('payment', ['payment_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

addresses as (select * from {{ ref('core_account_address') }}),

statuses as (select * from {{ ref('core_document_status') }})

select
    {{ surrogate_key('payments.source_system', 'payments.payment_id') }} as payment_key,
    payments.source_system,
    payments.payment_id,
    {{ surviving_account('payments') }} as account_id,
    payments.invoice_id,
    payments.paid_on,
    payments.payment_amount,
    coalesce(payments.currency, invoices.currency, {{ company_currency() }}) as currency,
    statuses.status,
    payments.status as source_status,
    coalesce(statuses.is_counted, false) as is_counted,
    statuses.excluded_reason,
    payments.source_file,
    payments.source_line
from payments
left join invoices
    on
        payments.source_system = invoices.source_system
        and payments.invoice_id = invoices.invoice_id
left join statuses
    on
        payments.source_system = statuses.source_system
        and statuses.document_type = 'payment'
        and payments.status = statuses.source_status
{{ addresses_of('payments') }}
where not coalesce(payments.is_deleted, false)
