with orders as (select * from {{ ref('core_order') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }})

select
    orders.order_key,
    orders.opportunity_key,
    orders.source_system,
    orders.order_id,
    coalesce(orders.account_id, 'unassigned') as account_id,
    coalesce(orders.owner_id, 'unassigned') as owner_id,
    orders.opportunity_id,

    orders.ordered_on,

    orders.status,
    orders.source_status,
    orders.is_counted,
    orders.excluded_reason,
    orders.currency,
    -- Lines carry six decimals, headers four: half a unit of the fourth decimal per line is
    -- rounding, anything above is a break. A source without lines has nothing to add up.
    orders.has_lines_delivered
    and coalesce(
        abs(orders.subtotal_amount - orders.line_amount) > greatest(orders.n_lines, 1) * 0.00005,
        true
    ) as is_line_break,
    orders.source_file,
    orders.source_line,

    orders.n_lines,
    orders.subtotal_amount as subtotal_amount_in_currency,
    orders.tax_amount as tax_amount_in_currency,
    orders.freight_amount as freight_amount_in_currency,
    orders.total_amount as total_amount_in_currency,
    orders.line_amount as line_amount_in_currency,
    cast(orders.subtotal_amount - orders.line_amount as decimal(18, 6))
        as line_difference_amount_in_currency,
    {{ document_at_rate('orders.subtotal_amount', 'plan_rates.plan_rate') }} as subtotal_amount,
    {{ document_at_rate('orders.tax_amount', 'plan_rates.plan_rate') }} as tax_amount,
    {{ document_at_rate('orders.freight_amount', 'plan_rates.plan_rate') }} as freight_amount,
    {{ document_at_rate('orders.total_amount', 'plan_rates.plan_rate') }} as total_amount,
    {{ document_at_rate('orders.line_amount', 'plan_rates.plan_rate', scale=6) }} as line_amount,
    {{ document_at_rate(
        'orders.subtotal_amount - orders.line_amount', 'plan_rates.plan_rate', scale=6
    ) }} as line_difference_amount
from orders
left join plan_rates
    on
        orders.currency = plan_rates.currency
        and orders.ordered_on >= plan_rates.valid_from
        and orders.ordered_on < plan_rates.valid_to
