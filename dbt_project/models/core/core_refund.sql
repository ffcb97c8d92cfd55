{{ config(materialized='view') }}

with refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

accounts as (select * from {{ ref('core_account') }}),

statuses as (select * from {{ ref('core_document_status') }})

select
    {{ surrogate_key('refunds.source_system', 'refunds.refund_id') }} as refund_key,
    refunds.source_system,
    refunds.refund_id,
    refunds.payment_id,
    refunds.invoice_id,
    coalesce(accounts.crm_account_id, refunds.account_id) as account_id,
    refunds.refunded_on,
    refunds.refund_amount,
    coalesce(refunds.currency, invoices.currency, {{ company_currency() }}) as currency,
    refunds.refund_type,
    statuses.status,
    refunds.status as source_status,
    coalesce(statuses.is_counted, false) as is_counted,
    statuses.excluded_reason,
    refunds.source_file,
    refunds.source_line
from refunds
left join invoices
    on
        refunds.source_system = invoices.source_system
        and refunds.invoice_id = invoices.invoice_id
left join statuses
    on
        refunds.source_system = statuses.source_system
        and refunds.refund_type = statuses.document_type
        and refunds.status = statuses.source_status
left join accounts
    on
        refunds.source_system = accounts.source_system
        and refunds.account_id = accounts.account_id
where not coalesce(refunds.is_deleted, false)
