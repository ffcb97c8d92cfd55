with opportunities as (
    select * from {{ ref('core_opportunity') }} where status in ('won', 'lost')
),

versions as (select * from {{ ref('core_opportunity_version') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

-- A day holds what was known at its end: what was written on the way to the close, on the closing
-- day itself, was the state of no open day.
open_days as (
    select
        opportunity_key,
        known_to_on,
        currency,
        amount_in_currency,
        row_number() over (partition by opportunity_key order by known_from desc) as newest_rank
    from versions
    where status = 'open' and not is_deleted and known_from_on < known_to_on
)

-- In the currency it had then; at the plan rate of the year of its close, as the deal itself.
select
    opportunities.opportunity_key,
    opportunities.source_system,
    opportunities.opportunity_id,
    {{ add_days('open_days.known_to_on', -1) }} as last_open_on,
    open_days.currency,
    opportunities.source_file,
    opportunities.source_line,
    open_days.amount_in_currency,
    plan_rates.plan_rate,
    {{ at_rate('open_days.amount_in_currency', 'plan_rates.plan_rate') }} as amount
from opportunities
inner join open_days
    on
        opportunities.opportunity_key = open_days.opportunity_key
        and open_days.newest_rank = 1
left join plan_rates
    on
        open_days.currency = plan_rates.currency
        and opportunities.rate_day_on >= plan_rates.valid_from
        and opportunities.rate_day_on < plan_rates.valid_to
