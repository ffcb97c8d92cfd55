with prices as (select * from {{ ref('core_product_price') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- A price in force is worth what today's rate makes of it, one that has ended what its last day's
-- made of it.
dated as (
    select
        prices.*,
        least(latest_extract.as_of_on, {{ add_days('prices.valid_to', -1) }}) as rate_day_on
    from prices
    cross join latest_extract
)

select
    dated.source_system,
    dated.product_id,
    dated.price_list_id,
    dated.currency,

    dated.valid_from,
    dated.valid_to,

    dated.price_list_name,
    dated.is_standard,

    dated.list_price as list_price_in_currency,
    {{ document_at_rate('dated.list_price', 'plan_rates.plan_rate') }} as list_price
from dated
left join plan_rates
    on
        dated.currency = plan_rates.currency
        and dated.rate_day_on >= plan_rates.valid_from
        and dated.rate_day_on < plan_rates.valid_to
