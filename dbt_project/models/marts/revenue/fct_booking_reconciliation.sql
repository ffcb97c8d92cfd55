with deals as (
    select *
    from {{ ref('core_opportunity') }}
    where status = 'won'
),

orders as (
    select *
    from {{ ref('core_order') }}
    where opportunity_id is not null and is_counted
),

invoices as (
    select *
    from {{ ref('core_invoice') }}
    where opportunity_id is not null and is_counted
),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- Orders and invoices come from other systems than deals: they meet by the id of the deal.
ordered as (
    select
        opportunity_id,
        count(*) as n_orders,
        min(ordered_on) as first_ordered_on,
        min(currency) as order_currency,
        max(currency) as other_order_currency,
        cast(sum(subtotal_amount) as decimal(18, 4)) as ordered_amount
    from orders
    group by opportunity_id
),

-- Deals and goods of orders are without tax and freight: so is what is compared with them. Credit
-- memos take back what they credit.
invoiced as (
    select
        opportunity_id,
        count(case when document_type = 'invoice' then 1 end) as n_invoices,
        min(case when document_type = 'invoice' then invoiced_on end) as first_invoiced_on,
        min(currency) as invoice_currency,
        max(currency) as other_invoice_currency,
        cast(sum(net_amount) as decimal(18, 4)) as invoiced_amount
    from invoices
    group by opportunity_id
),

systems as (
    select
        (select count(*) from orders) > 0 as has_orders,
        (select count(*) from invoices) > 0 as has_invoices
),

compared as (
    select
        deals.source_system,
        coalesce(deals.opportunity_id, ordered.opportunity_id) as opportunity_id,
        deals.opportunity_key,
        deals.close_on as booked_on,
        ordered.first_ordered_on,
        invoiced.first_invoiced_on,
        coalesce(deals.currency, ordered.order_currency) as currency,
        ordered.order_currency,
        ordered.other_order_currency,
        invoiced.invoice_currency,
        invoiced.other_invoice_currency,
        latest_extract.as_of_on,
        systems.has_orders,
        systems.has_invoices,
        coalesce(ordered.n_orders, 0) as n_orders,
        coalesce(invoiced.n_invoices, 0) as n_invoices,
        deals.amount_in_currency as booked_amount_in_currency,
        ordered.ordered_amount as ordered_amount_in_currency,
        invoiced.invoiced_amount as invoiced_amount_in_currency
    from deals
    full join ordered on deals.opportunity_id = ordered.opportunity_id
    left join invoiced
        on coalesce(deals.opportunity_id, ordered.opportunity_id) = invoiced.opportunity_id
    cross join latest_extract
    cross join systems
),

coded as (
    select
        *,
        case
            when not has_orders then 'no_orders_delivered'
            when booked_on is null then 'order_without_booking'
            when booked_amount_in_currency is null then 'no_amount'
            when n_orders = 0 and {{ days_between('booked_on', 'as_of_on') }} <= 14
                then 'not_ordered_yet'
            when n_orders = 0 then 'order_missing'
            when order_currency <> currency or other_order_currency <> currency
                then 'currency_differs'
            when abs(ordered_amount_in_currency - booked_amount_in_currency) > 0.01
                then 'amount_differs'
            else 'matched'
        end as order_code,
        case
            when not has_invoices then 'no_invoices_delivered'
            when booked_on is null then 'not_booked'
            when booked_amount_in_currency is null then 'no_amount'
            when n_invoices = 0 and {{ days_between('booked_on', 'as_of_on') }} <= 120
                then 'not_invoiced_yet'
            when n_invoices = 0 then 'invoice_missing'
            when invoice_currency <> currency or other_invoice_currency <> currency
                then 'currency_differs'
            when invoiced_amount_in_currency > booked_amount_in_currency + 0.01
                then 'over_invoiced'
            when
                invoiced_amount_in_currency < booked_amount_in_currency - 0.01
                and {{ days_between('booked_on', 'as_of_on') }} <= 240
                then 'partly_invoiced'
            when invoiced_amount_in_currency < booked_amount_in_currency - 0.01
                then 'under_invoiced'
            else 'matched'
        end as invoice_code
    from compared
)

select
    md5(coalesce(coded.source_system, 'unassigned') || '|' || coded.opportunity_id)
        as booking_reconciliation_key,
    coded.opportunity_key,
    coalesce(coded.source_system, 'unassigned') as source_system,
    coded.opportunity_id,

    coded.booked_on,
    coded.first_ordered_on,
    coded.first_invoiced_on,

    coded.currency,
    coded.order_code,
    coded.invoice_code,
    coded.order_code in (
        'order_without_booking', 'order_missing', 'currency_differs', 'amount_differs'
    )
        as is_order_break,
    coded.invoice_code in (
        'invoice_missing', 'currency_differs', 'over_invoiced', 'under_invoiced'
    )
        as is_invoice_break,

    coded.n_orders,
    coded.n_invoices,
    coded.booked_amount_in_currency,
    coded.ordered_amount_in_currency,
    coded.invoiced_amount_in_currency,
    {{ at_rate(
        'coalesce(coded.booked_amount_in_currency, coded.ordered_amount_in_currency)',
        'plan_rates.plan_rate'
    ) }} as compared_amount
from coded
left join plan_rates
    on
        coded.currency = plan_rates.currency
        and coalesce(coded.booked_on, coded.first_ordered_on) >= plan_rates.valid_from
        and coalesce(coded.booked_on, coded.first_ordered_on) < plan_rates.valid_to
