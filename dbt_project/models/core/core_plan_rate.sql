with rates as (select * from {{ ref('core_exchange_rate') }}),

fiscal_years as (
    select
        starts_on,
        next_starts_on,
        fiscal_year
    from {{ ref('core_fiscal_period') }}
    where period_type = 'year'
),

-- The base currency of a rate table is worth 1 of itself on every day it is published.
quoted as (
    select
        rate_on,
        base_currency,
        quote_currency,
        rate
    from rates

    union

    select
        rate_on,
        base_currency,
        base_currency as quote_currency,
        cast(1 as decimal(18, 9)) as rate
    from rates
),

-- The last rate published on or before the first day of the fiscal year, if it is fresh enough.
ranked as (
    select
        fiscal_years.fiscal_year,
        fiscal_years.starts_on,
        fiscal_years.next_starts_on,
        quoted.rate_on,
        quoted.base_currency,
        quoted.quote_currency,
        quoted.rate,
        row_number() over (
            partition by fiscal_years.fiscal_year, quoted.base_currency, quoted.quote_currency
            order by quoted.rate_on desc
        ) as age_rank
    from fiscal_years
    inner join quoted
        on
            fiscal_years.starts_on >= quoted.rate_on
            and {{ days_between('quoted.rate_on', 'fiscal_years.starts_on') }}
            <= {{ var('max_rate_age_days') }}
),

fresh as (select * from ranked where age_rank = 1),

crossed as (
    select
        foreign_side.fiscal_year,
        foreign_side.starts_on,
        foreign_side.next_starts_on,
        foreign_side.rate_on,
        foreign_side.quote_currency as currency,
        cast(company_side.rate / foreign_side.rate as decimal(18, 9)) as plan_rate
    from fresh as foreign_side
    inner join fresh as company_side
        on
            foreign_side.fiscal_year = company_side.fiscal_year
            and foreign_side.base_currency = company_side.base_currency
            and company_side.quote_currency = '{{ var("currency") }}'
    where foreign_side.quote_currency <> '{{ var("currency") }}'
),

own as (
    select
        fiscal_year,
        starts_on,
        next_starts_on,
        starts_on as rate_on,
        '{{ var("currency") }}' as currency,
        cast(1 as decimal(18, 9)) as plan_rate
    from fiscal_years
)

select
    currency,
    fiscal_year,
    starts_on as valid_from,
    next_starts_on as valid_to,
    rate_on,
    plan_rate
from crossed

union all

select
    currency,
    fiscal_year,
    starts_on as valid_from,
    next_starts_on as valid_to,
    rate_on,
    plan_rate
from own
