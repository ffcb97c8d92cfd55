with deals as (
    select *
    from {{ ref('core_opportunity') }}
    where status = 'won'
),

ordered as (
    select * from {{ ref('core_document_total') }} where document_type = 'order'
),

invoiced as (
    select * from {{ ref('core_document_total') }} where document_type = 'invoice'
),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

systems as (
    select
        (select count(*) from ordered) > 0 as has_orders,
        (select count(*) from invoiced) > 0 as has_invoices
),

-- Orders and invoices meet the deal they name in whichever system it is; what names a deal that no
-- system has, or that several have, stands for itself.
compared as (
    select
        coalesce(deals.source_system, ordered.source_system, invoiced.source_system)
            as source_system,
        coalesce(deals.opportunity_id, ordered.opportunity_id, invoiced.opportunity_id)
            as opportunity_id,
        coalesce(ordered.is_ambiguous, invoiced.is_ambiguous, false) as is_ambiguous,
        invoiced.named_key is not null as is_invoiced,
        -- A credit memo is no invoice, but all there is of a deal that takes away.
        coalesce(invoiced.n_documents, 0) = 0
        and not (
            invoiced.named_key is not null
            and coalesce(deals.amount_in_currency < 0, false)
        ) as is_not_invoiced,
        deals.opportunity_key,
        deals.close_on as booked_on,
        ordered.first_document_on as first_ordered_on,
        invoiced.first_document_on as first_invoiced_on,
        coalesce(deals.currency, ordered.currency, invoiced.currency) as currency,
        ordered.currency as order_currency,
        ordered.other_currency as other_order_currency,
        invoiced.currency as invoice_currency,
        invoiced.other_currency as other_invoice_currency,
        latest_extract.as_of_on,
        systems.has_orders,
        systems.has_invoices,
        coalesce(ordered.n_documents, 0) as n_orders,
        coalesce(invoiced.n_documents, 0) as n_invoices,
        deals.amount_in_currency as booked_amount_in_currency,
        ordered.goods_amount as ordered_amount_in_currency,
        invoiced.goods_amount as invoiced_amount_in_currency,
        coalesce(deals.close_on, ordered.first_document_on, invoiced.first_document_on)
            as compared_on,
        coalesce(deals.amount_in_currency, ordered.goods_amount, invoiced.goods_amount)
            as compared_amount_in_currency,
        -- What may differ (M60).
        greatest(1.00, 0.005 * abs(coalesce(deals.amount_in_currency, 0))) as tolerance
    from deals
    full join ordered on deals.opportunity_key = ordered.named_key
    full join invoiced
        on coalesce(deals.opportunity_key, ordered.named_key) = invoiced.named_key
    cross join latest_extract
    cross join systems
),

coded as (
    select
        *,
        case
            when not has_orders then 'no_orders_delivered'
            when is_ambiguous then 'deal_ambiguous'
            when booked_on is null and n_orders = 0 then 'not_booked'
            when booked_on is null then 'order_without_booking'
            when booked_amount_in_currency is null then 'no_amount'
            -- A deal that was given away is not missed in the books.
            when n_orders = 0 and abs(booked_amount_in_currency) <= tolerance then 'matched'
            when n_orders = 0 and {{ days_between('booked_on', 'as_of_on') }} <= 14
                then 'not_ordered_yet'
            when n_orders = 0 then 'order_missing'
            when ordered_amount_in_currency is null or order_currency is null
                then 'amount_unknown'
            when order_currency <> currency or other_order_currency <> currency
                then 'currency_differs'
            when abs(ordered_amount_in_currency - booked_amount_in_currency) > tolerance
                then 'amount_differs'
            else 'matched'
        end as order_code,
        case
            when not has_invoices then 'no_invoices_delivered'
            when is_ambiguous then 'deal_ambiguous'
            when booked_on is null and not is_invoiced then 'not_booked'
            when
                booked_on is null
                and (invoiced_amount_in_currency is null or invoice_currency is null)
                then 'amount_unknown'
            -- What was taken back is no sale; with several currencies no sum says that it was.
            when
                booked_on is null
                and abs(invoiced_amount_in_currency) <= tolerance
                and invoice_currency = other_invoice_currency
                then 'credited'
            when booked_on is null then 'invoice_without_booking'
            when booked_amount_in_currency is null then 'no_amount'
            when is_not_invoiced and abs(booked_amount_in_currency) <= tolerance then 'matched'
            when is_not_invoiced and {{ days_between('booked_on', 'as_of_on') }} <= 120
                then 'not_invoiced_yet'
            when is_not_invoiced then 'invoice_missing'
            when invoiced_amount_in_currency is null or invoice_currency is null
                then 'amount_unknown'
            when invoice_currency <> currency or other_invoice_currency <> currency
                then 'currency_differs'
            when invoiced_amount_in_currency > booked_amount_in_currency + tolerance
                then 'over_invoiced'
            when
                invoiced_amount_in_currency < booked_amount_in_currency - tolerance
                and {{ days_between('booked_on', 'as_of_on') }} <= 240
                then 'partly_invoiced'
            when invoiced_amount_in_currency < booked_amount_in_currency - tolerance
                then 'under_invoiced'
            else 'matched'
        end as invoice_code
    from compared
)

select
    md5(coalesce(coded.source_system, '') || '|' || coded.opportunity_id)
        as booking_reconciliation_key,
    coded.opportunity_key,
    coded.source_system,
    coded.opportunity_id,

    coded.booked_on,
    coded.first_ordered_on,
    coded.first_invoiced_on,

    coded.currency,
    coded.order_code,
    coded.invoice_code,
    coded.order_code in (
        'deal_ambiguous', 'order_without_booking', 'order_missing', 'amount_unknown',
        'currency_differs', 'amount_differs'
    )
        as is_order_break,
    coded.invoice_code in (
        'deal_ambiguous', 'invoice_without_booking', 'invoice_missing', 'amount_unknown',
        'currency_differs', 'over_invoiced', 'under_invoiced'
    )
        as is_invoice_break,

    coded.n_orders,
    coded.n_invoices,
    coded.booked_amount_in_currency,
    coded.ordered_amount_in_currency,
    coded.invoiced_amount_in_currency,
    {{ at_rate('coded.compared_amount_in_currency', 'plan_rates.plan_rate') }} as compared_amount
from coded
left join plan_rates
    on
        coded.currency = plan_rates.currency
        and coded.compared_on >= plan_rates.valid_from
        and coded.compared_on < plan_rates.valid_to
