with orders as (
    {{ latest_versions('order', ['order_id']) }}
),

invoices as (
    {{ latest_versions('invoice', ['invoice_id']) }}
),

payments as (
    {{ latest_versions('payment', ['payment_id']) }}
),

refunds as (
    {{ latest_versions('refund', ['refund_id']) }}
),

codes as (select * from {{ ref('seed_document_code') }}),

spellings as (select * from {{ ref('seed_document_status') }}),

states as (select * from {{ ref('seed_document_state') }}),

documents as (
    select
        source_system,
        'order' as document_type,
        order_id as document_id,
        status
    from orders

    union all

    select
        source_system,
        'invoice' as document_type,
        invoice_id as document_id,
        status
    from invoices

    union all

    select
        source_system,
        'payment' as document_type,
        payment_id as document_id,
        status
    from payments

    union all

    select
        source_system,
        refund_type as document_type,
        refund_id as document_id,
        status
    from refunds
),

delivered as (
    select
        source_system,
        document_type,
        status as source_status,
        count(*) as n_documents,
        min(document_id) as example_document_id
    from documents
    group by source_system, document_type, status
),

-- A source's own codes come before the spellings that mean the same everywhere; a status that is
-- one of ours already stands for itself.
mapped as (
    select
        delivered.*,
        coalesce(codes.status, spellings.status, lower(delivered.source_status)) as mapped_status
    from delivered
    left join codes
        on
            delivered.source_system = codes.source_system
            and delivered.document_type = codes.document_type
            and lower(delivered.source_status) = codes.source_value
    left join spellings on lower(delivered.source_status) = spellings.source_value
)

select
    mapped.source_system,
    mapped.document_type,
    mapped.source_status,
    mapped.example_document_id,

    states.status,
    coalesce(states.is_counted, false) as is_counted,
    coalesce(states.is_outstanding, false) as is_outstanding,
    case when not states.is_counted then states.status end as excluded_reason,

    mapped.n_documents
from mapped
left join states on mapped.mapped_status = states.status
