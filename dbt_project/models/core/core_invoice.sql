with invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

credits as (select * from {{ ref('core_refund') }} where refund_type = 'credit_memo'),

origins as (select * from {{ ref('core_document_origin') }}),

opportunity_ids as (select * from {{ ref('core_opportunity_id') }}),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity'),

accounts as (select * from {{ ref('core_account') }}),

statuses as (select * from {{ ref('core_document_status') }}),

-- An invoice that names no deal is of the deal of what it was made from. A credit memo takes back
-- an invoice, or a part of one, and is never due.
documents as (
    select
        invoices.source_system,
        invoices.invoice_id as record_id,
        invoices.invoice_id,
        cast(null as varchar) as credited_invoice_id,
        'invoice' as document_type,
        coalesce(accounts.crm_account_id, invoices.account_id) as account_id,
        coalesce(invoices.opportunity_id, origins.opportunity_id) as opportunity_id,
        invoices.invoiced_on,
        invoices.due_on,
        invoices.paid_on,
        statuses.status,
        invoices.status as source_status,
        coalesce(statuses.is_counted, false) as is_counted,
        coalesce(statuses.is_outstanding, false) as is_outstanding,
        statuses.excluded_reason,
        invoices.currency,
        invoices.invoice_amount,
        invoices.tax_amount,
        invoices.freight_amount,
        invoices.source_file,
        invoices.source_line
    from invoices
    left join origins
        on
            invoices.source_system = origins.source_system
            and invoices.invoice_id = origins.document_id
    left join statuses
        on
            invoices.source_system = statuses.source_system
            and statuses.document_type = 'invoice'
            and invoices.status = statuses.source_status
    left join accounts
        on
            invoices.source_system = accounts.source_system
            and invoices.account_id = accounts.account_id

    union all

    select
        source_system,
        'credit_memo|' || refund_id as record_id,
        refund_id as invoice_id,
        invoice_id as credited_invoice_id,
        'credit_memo' as document_type,
        account_id,
        opportunity_id,
        refunded_on as invoiced_on,
        cast(null as date) as due_on,
        cast(null as date) as paid_on,
        status,
        source_status,
        is_counted,
        is_outstanding,
        excluded_reason,
        currency,
        -refund_amount as invoice_amount,
        -tax_amount as tax_amount,
        -freight_amount as freight_amount,
        source_file,
        source_line
    from credits
),

addressed as (
    {{ addressed('documents', 'opportunity_ids', 'opportunity_id', 'opportunity_merges') }}
)

select
    {{ surrogate_key('source_system', 'record_id') }} as invoice_key,
    {{ surrogate_key('opportunity_system', 'surviving_opportunity_id') }} as opportunity_key,
    source_system,
    invoice_id,
    credited_invoice_id,
    account_id,
    surviving_opportunity_id as opportunity_id,
    opportunity_system as opportunity_source_system,

    invoiced_on,
    due_on,
    paid_on,

    document_type,
    status,
    source_status,
    is_counted,
    is_outstanding,
    excluded_reason,
    is_opportunity_ambiguous,
    currency,
    source_file,
    source_line,

    invoice_amount,
    tax_amount,
    freight_amount,
    cast(invoice_amount - tax_amount - freight_amount as decimal(18, 4)) as net_amount
from addressed
