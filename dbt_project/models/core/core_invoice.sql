with invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

credits as (select * from {{ ref('core_refund') }} where refund_type = 'credit_memo'),

payments as (select * from {{ ref('core_payment') }} where is_counted),

origins as (select * from {{ ref('core_document_origin') }}),

opportunity_ids as (select * from {{ ref('core_opportunity_id') }}),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity'),

addresses as (select * from {{ ref('core_account_address') }}),

statuses as (select * from {{ ref('core_document_status') }}),

payers as (
    select distinct
        source_system,
        invoice_id
    from payments
    where invoice_id is not null
),

-- What had been taken back of an invoice by the day it was closed.
credited as (
    select
        invoices.source_system,
        invoices.invoice_id,
        sum(credits.refund_amount) as credited_amount
    from invoices
    inner join credits
        on
            invoices.source_system = credits.source_system
            and invoices.invoice_id = credits.invoice_id
            and invoices.paid_on >= credits.refunded_on
    where credits.is_counted
    group by invoices.source_system, invoices.invoice_id
),

-- What does not count is paid by nobody, nor is an invoice that credit memos have closed.
settled as (
    select
        invoices.source_system,
        invoices.invoice_id,
        coalesce(credited.credited_amount >= invoices.invoice_amount, false)
        and payers.invoice_id is null as is_closed_by_credit
    from invoices
    left join credited
        on
            invoices.source_system = credited.source_system
            and invoices.invoice_id = credited.invoice_id
    left join payers
        on
            invoices.source_system = payers.source_system
            and invoices.invoice_id = payers.invoice_id
),

-- An invoice that names no deal is of the deal of what it was made from. A credit memo takes back
-- an invoice, or a part of one; like an invoice of less than nothing, it is never waited for.
documents as (
    select
        invoices.source_system,
        invoices.invoice_id as record_id,
        invoices.invoice_id,
        cast(null as varchar) as credited_invoice_id,
        'invoice' as document_type,
        {{ surviving_account('invoices') }} as account_id,
        coalesce(invoices.opportunity_id, origins.opportunity_id) as opportunity_id,
        invoices.invoiced_on,
        invoices.due_on,
        case when statuses.is_counted and not settled.is_closed_by_credit then invoices.paid_on end
            as paid_on,
        statuses.status,
        invoices.status as source_status,
        coalesce(statuses.is_counted, false) as is_counted,
        coalesce(statuses.is_outstanding and invoices.invoice_amount > 0, false) as is_outstanding,
        statuses.excluded_reason,
        invoices.currency,
        invoices.invoice_amount,
        invoices.tax_amount,
        invoices.freight_amount,
        invoices.source_file,
        invoices.source_line
    from invoices
    inner join settled
        on
            invoices.source_system = settled.source_system
            and invoices.invoice_id = settled.invoice_id
    left join origins
        on
            invoices.source_system = origins.source_system
            and invoices.invoice_id = origins.document_id
    left join statuses
        on
            invoices.source_system = statuses.source_system
            and statuses.document_type = 'invoice'
            and invoices.status = statuses.source_status
    {{ addresses_of('invoices') }}

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
        false as is_outstanding,
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
