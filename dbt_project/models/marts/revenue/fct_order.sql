with orders as (select * from {{ ref('core_order') }})

select
    order_key,
    source_system,
    order_id,
    coalesce(account_id, 'unassigned') as account_id,
    coalesce(owner_id, 'unassigned') as owner_id,
    opportunity_id,

    ordered_on,

    currency,
    -- Lines carry six decimals, headers four: half a unit of the fourth decimal per line is
    -- rounding, anything above is a break.
    coalesce(
        abs(subtotal_amount - line_amount) > greatest(n_lines, 1) * 0.00005, true
    ) as is_line_break,
    source_file,
    source_line,

    n_lines,
    subtotal_amount,
    tax_amount,
    freight_amount,
    total_amount,
    line_amount,
    cast(subtotal_amount - line_amount as decimal(18, 6)) as line_difference_amount
from orders
