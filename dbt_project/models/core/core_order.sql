with orders as (
    {{ latest_versions('order', ['order_id']) }}
),

lines as (
    {{ latest_versions('order_line', ['line_id']) }}
),

origins as (select * from {{ ref('core_document_origin') }}),

opportunity_ids as (select * from {{ ref('core_opportunity_id') }}),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity'),

-- An order that names no deal is of the deal of what it was made from.
documents as (
    select
        orders.source_system,
        orders.order_id,
        orders.account_id,
        orders.owner_id,
        coalesce(orders.opportunity_id, origins.opportunity_id) as opportunity_id,
        orders.ordered_on,
        orders.currency,
        orders.status,
        orders.source_file,
        orders.source_line,
        orders.subtotal_amount,
        orders.tax_amount,
        orders.freight_amount,
        orders.total_amount
    from orders
    left join origins
        on
            orders.source_system = origins.source_system
            and orders.order_id = origins.document_id
),

addressed as (
    {{ addressed('documents', 'opportunity_ids', 'opportunity_id', 'opportunity_merges') }}
),

addresses as (select * from {{ ref('core_account_address') }}),

statuses as (select * from {{ ref('core_document_status') }}),

-- Sources whose lines have ever come: lines that are lost are missed only there.
line_sources as (
    select distinct source_system
    from ({{ union_entity('order_line') }}) as lines_ever
),

line_totals as (
    select
        source_system,
        order_id,
        count(*) as n_lines,
        sum(line_amount) as line_amount
    from lines
    group by source_system, order_id
)

select
    {{ surrogate_key('addressed.source_system', 'addressed.order_id') }} as order_key,
    {{ surrogate_key('addressed.opportunity_system', 'addressed.surviving_opportunity_id') }}
        as opportunity_key,
    addressed.source_system,
    addressed.order_id,
    {{ surviving_account('addressed') }} as account_id,
    addressed.owner_id,
    addressed.surviving_opportunity_id as opportunity_id,
    addressed.opportunity_system as opportunity_source_system,
    addressed.ordered_on,
    addressed.currency,
    statuses.status,
    addressed.status as source_status,
    coalesce(statuses.is_counted, false) as is_counted,
    statuses.excluded_reason,
    addressed.is_opportunity_ambiguous,
    addressed.source_file,
    addressed.source_line,
    line_sources.source_system is not null as has_lines_delivered,
    coalesce(line_totals.n_lines, 0) as n_lines,
    addressed.subtotal_amount,
    addressed.tax_amount,
    addressed.freight_amount,
    addressed.total_amount,
    cast(line_totals.line_amount as decimal(18, 6)) as line_amount
from addressed
left join line_totals
    on
        addressed.source_system = line_totals.source_system
        and addressed.order_id = line_totals.order_id
left join line_sources on addressed.source_system = line_sources.source_system
left join statuses
    on
        addressed.source_system = statuses.source_system
        and statuses.document_type = 'order'
        and addressed.status = statuses.source_status
{{ addresses_of('addressed') }}
