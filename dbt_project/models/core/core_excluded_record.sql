{{ config(materialized='view') }}

with records as (
    {{ latest_versions('excluded_record', ['record_type', 'record_id']) }}
),

orders as (select * from {{ ref('core_order') }} where not is_counted),

invoices as (select * from {{ ref('core_invoice') }} where not is_counted),

payments as (select * from {{ ref('core_payment') }} where not is_counted),

-- A close day outside the calendar was mistyped: the deal counts, its day does not.
mistyped as (
    select
        source_system,
        opportunity_id,
        source_file,
        source_line
    from {{ ref('core_opportunity_version') }}
    where close_on is null and close_on_as_delivered is not null
),

-- Credit memos are among the invoices.
refunds as (
    select * from {{ ref('core_refund') }} where not is_counted and refund_type <> 'credit_memo'
),

deals as (
    select *
    from {{ ref('core_opportunity_version') }}
    where is_deleted and known_to = cast('9999-12-31 00:00:00' as timestamp)
),

deal_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity'),

gone_orders as (
    {{ latest_versions('order', ['order_id'], gone=true) }}
),

gone_invoices as (
    {{ latest_versions('invoice', ['invoice_id'], gone=true) }}
),

gone_payments as (
    {{ latest_versions('payment', ['payment_id'], gone=true) }}
),

gone_refunds as (
    {{ latest_versions('refund', ['refund_id'], gone=true) }}
)

select
    source_system,
    record_type,
    excluded_reason,
    record_id,
    source_file,
    source_line
from records

union all

select
    source_system,
    'order' as record_type,
    excluded_reason,
    order_id as record_id,
    source_file,
    source_line
from orders

union all

select
    source_system,
    document_type as record_type,
    excluded_reason,
    invoice_id as record_id,
    source_file,
    source_line
from invoices

union all

select
    source_system,
    'payment' as record_type,
    excluded_reason,
    payment_id as record_id,
    source_file,
    source_line
from payments

union all

select
    source_system,
    'close_day' as record_type,
    'outside_the_calendar' as excluded_reason,
    opportunity_id as record_id,
    source_file,
    source_line
from mistyped

union all

select
    source_system,
    refund_type as record_type,
    excluded_reason,
    refund_id as record_id,
    source_file,
    source_line
from refunds

union all

select
    deals.source_system,
    'opportunity' as record_type,
    case when deal_merges.record_id is null then 'deleted' else 'merged' end
        as excluded_reason,
    deals.opportunity_id as record_id,
    deals.source_file,
    deals.source_line
from deals
left join deal_merges
    on
        deals.source_system = deal_merges.source_system
        and deals.opportunity_id = deal_merges.record_id
{% for kind, relation, id in [
    ("'order'", 'gone_orders', 'order_id'), ("'invoice'", 'gone_invoices', 'invoice_id'),
    ("'payment'", 'gone_payments', 'payment_id'), ('refund_type', 'gone_refunds', 'refund_id')
] %}
union all

select
    source_system,
    {{ kind }} as record_type,
    'deleted' as excluded_reason,
    {{ id }} as record_id,
    source_file,
    source_line
from {{ relation }}
{% endfor -%}
