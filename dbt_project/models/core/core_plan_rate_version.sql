with rates as (select * from {{ ref('core_exchange_rate_version') }}),

fiscal_years as (
    select
        starts_on,
        next_starts_on,
        fiscal_year
    from {{ ref('core_fiscal_period') }}
    where period_type = 'year'
),

currencies as (
    select quote_currency as currency
    from rates

    union

    select base_currency as currency
    from rates
),

asked as (
    select
        fiscal_years.starts_on as day_on,
        currencies.currency
    from fiscal_years
    cross join currencies
),

{{ rates_as_known() }},

own as (
    select
        '{{ var("currency") }}' as currency,
        starts_on as day_on,
        starts_on as rate_on,
        {{ from_the_start() }} as known_from_on,
        {{ open_end() }} as known_to_on,
        cast(1 as decimal(18, 9)) as rate
    from fiscal_years
),

everything as (
    select * from known_rates
    union all
    select * from own
)

select
    everything.currency,
    fiscal_years.fiscal_year,
    fiscal_years.starts_on as valid_from,
    fiscal_years.next_starts_on as valid_to,
    everything.rate_on,
    everything.known_from_on,
    everything.known_to_on,
    everything.rate as plan_rate
from everything
inner join fiscal_years on everything.day_on = fiscal_years.starts_on
