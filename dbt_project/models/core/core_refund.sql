{{ config(materialized='view') }}

with refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

origins as (select * from {{ ref('core_document_origin') }}),

accounts as (select * from {{ ref('core_account') }}),

statuses as (select * from {{ ref('core_document_status') }}),

-- A credit memo may be made from the return of what an invoice billed, not from the invoice itself.
traced as (
    select
        refunds.*,
        origins.opportunity_id as origin_opportunity_id,
        case when origins.document_id is null then refunds.invoice_id else origins.invoice_id end
            as credited_invoice_id
    from refunds
    left join origins
        on
            refunds.source_system = origins.source_system
            and refunds.refund_id = origins.document_id
    where not coalesce(refunds.is_deleted, false)
)

select
    {{ surrogate_key('traced.source_system', 'traced.refund_id') }} as refund_key,
    traced.source_system,
    traced.refund_id,
    traced.payment_id,
    traced.credited_invoice_id as invoice_id,
    coalesce(accounts.crm_account_id, traced.account_id) as account_id,
    coalesce(traced.opportunity_id, traced.origin_opportunity_id, invoices.opportunity_id)
        as opportunity_id,
    traced.refunded_on,
    traced.refund_amount,
    traced.tax_amount,
    traced.freight_amount,
    coalesce(traced.currency, invoices.currency, {{ company_currency() }}) as currency,
    traced.refund_type,
    statuses.status,
    traced.status as source_status,
    coalesce(statuses.is_counted, false) as is_counted,
    coalesce(statuses.is_outstanding, false) as is_outstanding,
    statuses.excluded_reason,
    traced.source_file,
    traced.source_line
from traced
left join invoices
    on
        traced.source_system = invoices.source_system
        and traced.credited_invoice_id = invoices.invoice_id
left join statuses
    on
        traced.source_system = statuses.source_system
        and traced.refund_type = statuses.document_type
        and traced.status = statuses.source_status
left join accounts
    on
        traced.source_system = accounts.source_system
        and traced.account_id = accounts.account_id
