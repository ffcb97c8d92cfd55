{{ config(materialized='view') }}

with refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

gone_invoices as (
    {{ latest_versions('invoice', ['invoice_id'], gone=true) }}
),

origins as (select * from {{ ref('core_document_origin') }}),

addresses as (select * from {{ ref('core_account_address') }}),

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
),

-- What takes back an invoice that does not count, or is deleted, would leave less than nothing.
judged_invoices as (
    select
        invoices.source_system,
        invoices.invoice_id,
        invoices.opportunity_id,
        invoices.currency,
        not coalesce(statuses.is_counted, false) as is_excluded
    from invoices
    left join statuses
        on
            invoices.source_system = statuses.source_system
            and statuses.document_type = 'invoice'
            and invoices.status = statuses.source_status

    union all

    select
        source_system,
        invoice_id,
        opportunity_id,
        currency,
        true as is_excluded
    from gone_invoices
),

judged as (
    select
        traced.*,
        judged_invoices.opportunity_id as invoice_opportunity_id,
        judged_invoices.currency as invoice_currency,
        traced.refund_type = 'credit_memo' and coalesce(judged_invoices.is_excluded, false)
            as is_of_excluded_invoice
    from traced
    left join judged_invoices
        on
            traced.source_system = judged_invoices.source_system
            and traced.credited_invoice_id = judged_invoices.invoice_id
)

select
    {{ surrogate_key('judged.source_system', 'judged.refund_id') }} as refund_key,
    judged.source_system,
    judged.refund_id,
    judged.payment_id,
    judged.credited_invoice_id as invoice_id,
    {{ surviving_account('judged') }} as account_id,
    coalesce(judged.opportunity_id, judged.origin_opportunity_id, judged.invoice_opportunity_id)
        as opportunity_id,
    judged.refunded_on,
    judged.refund_amount,
    judged.tax_amount,
    judged.freight_amount,
    coalesce(judged.currency, judged.invoice_currency, {{ company_currency() }}) as currency,
    judged.refund_type,
    statuses.status,
    judged.status as source_status,
    coalesce(statuses.is_counted, false) and not judged.is_of_excluded_invoice as is_counted,
    case
        when judged.is_of_excluded_invoice
            then coalesce(statuses.excluded_reason, 'credits_excluded_invoice')
        else statuses.excluded_reason
    end as excluded_reason,
    judged.source_file,
    judged.source_line
from judged
left join statuses
    on
        judged.source_system = statuses.source_system
        and judged.refund_type = statuses.document_type
        and judged.status = statuses.source_status
{{ addresses_of('judged') }}
