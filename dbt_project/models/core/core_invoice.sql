with invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
),

opportunity_ids as (select * from {{ ref('core_opportunity_id') }}),

accounts as (select * from {{ ref('core_account') }}),

statuses as (select * from {{ ref('core_document_status') }}),

-- A credit memo takes back an invoice, or a part of one: it is of the same deal, where it names
-- none itself, and never due.
documents as (
    select
        source_system,
        invoice_id as record_id,
        invoice_id,
        cast(null as varchar) as credited_invoice_id,
        'invoice' as document_type,
        account_id,
        opportunity_id,
        invoiced_on,
        due_on,
        paid_on,
        status as source_status,
        currency,
        invoice_amount,
        tax_amount,
        freight_amount,
        source_file,
        source_line
    from invoices

    union all

    select
        refunds.source_system,
        'credit_memo|' || refunds.refund_id as record_id,
        refunds.refund_id as invoice_id,
        refunds.invoice_id as credited_invoice_id,
        'credit_memo' as document_type,
        refunds.account_id,
        coalesce(refunds.opportunity_id, invoices.opportunity_id) as opportunity_id,
        refunds.refunded_on as invoiced_on,
        cast(null as date) as due_on,
        cast(null as date) as paid_on,
        refunds.status as source_status,
        coalesce(refunds.currency, invoices.currency, {{ company_currency() }}) as currency,
        -refunds.refund_amount as invoice_amount,
        -refunds.tax_amount as tax_amount,
        -refunds.freight_amount as freight_amount,
        refunds.source_file,
        refunds.source_line
    from refunds
    left join invoices
        on
            refunds.source_system = invoices.source_system
            and refunds.invoice_id = invoices.invoice_id
    where refunds.refund_type = 'credit_memo' and not coalesce(refunds.is_deleted, false)
),

addressed as (
    {{ addressed('documents', 'opportunity_ids', 'opportunity_id') }}
)

select
    {{ surrogate_key('addressed.source_system', 'addressed.record_id') }} as invoice_key,
    {{ surrogate_key('addressed.opportunity_system', 'addressed.opportunity_id') }}
        as opportunity_key,
    addressed.source_system,
    addressed.invoice_id,
    addressed.credited_invoice_id,
    coalesce(accounts.crm_account_id, addressed.account_id) as account_id,
    addressed.opportunity_id,
    addressed.opportunity_system as opportunity_source_system,

    addressed.invoiced_on,
    addressed.due_on,
    addressed.paid_on,

    addressed.document_type,
    statuses.status,
    addressed.source_status,
    coalesce(statuses.is_counted, false) as is_counted,
    coalesce(statuses.is_outstanding, false) as is_outstanding,
    statuses.excluded_reason,
    addressed.is_opportunity_ambiguous,
    addressed.currency,
    addressed.source_file,
    addressed.source_line,

    addressed.invoice_amount,
    addressed.tax_amount,
    addressed.freight_amount,
    cast(
        addressed.invoice_amount - addressed.tax_amount - addressed.freight_amount
        as decimal(18, 4)
    ) as net_amount
from addressed
left join statuses
    on
        addressed.source_system = statuses.source_system
        and addressed.document_type = statuses.document_type
        and addressed.source_status = statuses.source_status
left join accounts
    on
        addressed.source_system = accounts.source_system
        and addressed.account_id = accounts.account_id
