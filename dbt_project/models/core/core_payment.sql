{{ config(materialized='view') }}

with payments as (
    {{ latest_versions('payment', ['payment_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

accounts as (select * from {{ ref('core_account') }}),

statuses as (select * from {{ ref('core_document_status') }})

select
    {{ surrogate_key('payments.source_system', 'payments.payment_id') }} as payment_key,
    payments.source_system,
    payments.payment_id,
    coalesce(accounts.crm_account_id, payments.account_id) as account_id,
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
left join accounts
    on
        payments.source_system = accounts.source_system
        and payments.account_id = accounts.account_id
where not coalesce(payments.is_deleted, false)
