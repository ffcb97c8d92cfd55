with orders as (select * from {{ ref('core_order') }}),

invoices as (select * from {{ ref('core_invoice') }}),

-- Deals and goods of orders are without tax and freight: so is what is compared with them. Credit
-- memos take back what they credit, and are no invoices.
documents as (
    select
        'order' as document_type,
        coalesce(opportunity_key, opportunity_id) as named_key,
        opportunity_source_system,
        opportunity_id,
        ordered_on as document_on,
        1 as n_documents,
        is_opportunity_ambiguous,
        currency,
        subtotal_amount as goods_amount
    from orders
    where opportunity_id is not null and is_counted

    union all

    select
        'invoice' as document_type,
        coalesce(opportunity_key, opportunity_id) as named_key,
        opportunity_source_system,
        opportunity_id,
        case when document_type = 'invoice' then invoiced_on end as document_on,
        case when document_type = 'invoice' then 1 else 0 end as n_documents,
        is_opportunity_ambiguous,
        currency,
        net_amount as goods_amount
    from invoices
    where opportunity_id is not null and is_counted
)

-- A sum without one of its parts is not known, nor is the currency of several of which one is not.
select
    document_type,
    named_key,
    min(opportunity_source_system) as source_system,
    min(opportunity_id) as opportunity_id,
    min(document_on) as first_document_on,
    max(case when is_opportunity_ambiguous then 1 else 0 end) = 1 as is_ambiguous,
    case when count(currency) = count(*) then min(currency) end as currency,
    max(currency) as other_currency,
    cast(sum(n_documents) as bigint) as n_documents,
    cast(
        case when count(goods_amount) = count(*) then sum(goods_amount) end as decimal(18, 4)
    ) as goods_amount
from documents
group by document_type, named_key
