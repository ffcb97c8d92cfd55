with orders as (
    {{ latest_versions('order', ['order_id']) }}
),

lines as (
    {{ latest_versions('order_line', ['line_id']) }}
),

accounts as (select * from {{ ref('core_account') }}),

statuses as (select * from {{ ref('core_document_status') }}),

account_merges as (select * from {{ ref('core_merge') }} where object_name = 'account'),

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
    {{ surrogate_key('orders.source_system', 'orders.order_id') }} as order_key,
    orders.source_system,
    orders.order_id,
    coalesce(accounts.crm_account_id, account_merges.survivor_id, orders.account_id) as account_id,
    orders.owner_id,
    orders.opportunity_id,
    orders.ordered_on,
    coalesce(orders.currency, '{{ var("currency") }}') as currency,
    statuses.status,
    orders.status as source_status,
    coalesce(statuses.is_counted, false) as is_counted,
    statuses.excluded_reason,
    orders.source_file,
    orders.source_line,
    coalesce(line_totals.n_lines, 0) as n_lines,
    orders.subtotal_amount,
    orders.tax_amount,
    orders.freight_amount,
    orders.total_amount,
    cast(line_totals.line_amount as decimal(18, 6)) as line_amount
from orders
left join line_totals
    on
        orders.source_system = line_totals.source_system
        and orders.order_id = line_totals.order_id
left join account_merges
    on
        orders.source_system = account_merges.source_system
        and orders.account_id = account_merges.record_id
left join statuses
    on
        orders.source_system = statuses.source_system
        and statuses.document_type = 'order'
        and orders.status = statuses.source_status
left join accounts
    on
        orders.source_system = accounts.source_system
        and orders.account_id = accounts.account_id
