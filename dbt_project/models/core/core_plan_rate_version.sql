with rates as (select * from {{ ref('core_exchange_rate_version') }}),

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
        known_from_on,
        known_to_on,
        rate
    from rates

    union

    select
        rate_on,
        base_currency,
        base_currency as quote_currency,
        known_from_on,
        known_to_on,
        cast(1 as decimal(18, 9)) as rate
    from rates
),

-- Rates that are fresh enough for the first day of a fiscal year.
fresh as (
    select
        fiscal_years.fiscal_year,
        fiscal_years.starts_on,
        fiscal_years.next_starts_on,
        quoted.rate_on,
        quoted.base_currency,
        quoted.quote_currency,
        quoted.known_from_on,
        quoted.known_to_on,
        quoted.rate
    from fiscal_years
    inner join quoted
        on
            fiscal_years.starts_on >= quoted.rate_on
            and {{ days_between('quoted.rate_on', 'fiscal_years.starts_on') }}
            <= {{ var('max_rate_age_days') }}
),

points as (
    select
        fiscal_year,
        base_currency,
        known_from_on as point_on
    from fresh

    union

    select
        fiscal_year,
        base_currency,
        known_to_on as point_on
    from fresh
    where known_to_on < {{ open_end() }}
),

-- Of those known at a time the last one published on or before the year's first day.
ranked as (
    select
        fresh.*,
        points.point_on,
        row_number() over (
            partition by
                fresh.fiscal_year, fresh.base_currency, fresh.quote_currency, points.point_on
            order by fresh.rate_on desc
        ) as age_rank
    from points
    inner join fresh
        on
            points.fiscal_year = fresh.fiscal_year
            and points.base_currency = fresh.base_currency
            and points.point_on >= fresh.known_from_on
            and points.point_on < fresh.known_to_on
),

chosen as (select * from ranked where age_rank = 1),

crossed as (
    select
        foreign_side.fiscal_year,
        foreign_side.starts_on,
        foreign_side.next_starts_on,
        foreign_side.rate_on,
        foreign_side.point_on,
        foreign_side.quote_currency as currency,
        foreign_side.base_currency,
        cast(company_side.rate / foreign_side.rate as decimal(18, 9)) as plan_rate
    from chosen as foreign_side
    inner join chosen as company_side
        on
            foreign_side.fiscal_year = company_side.fiscal_year
            and foreign_side.base_currency = company_side.base_currency
            and foreign_side.point_on = company_side.point_on
            and company_side.quote_currency = '{{ var("currency") }}'
    where foreign_side.quote_currency <> '{{ var("currency") }}'
),

compared as (
    select
        *,
        row_number() over by_currency as turn,
        lag(plan_rate) over by_currency as was_plan_rate,
        lag(rate_on) over by_currency as was_rate_on
    from crossed
    window by_currency as (
        partition by currency, base_currency, fiscal_year order by point_on
    )
),

-- Before a year's first rate was known there was none to show: it stands for those days as well.
turns as (
    select
        currency,
        base_currency,
        fiscal_year,
        starts_on,
        next_starts_on,
        rate_on,
        case when turn = 1 then {{ since_ever() }} else point_on end as known_from_on,
        plan_rate
    from compared
    where turn = 1 or plan_rate <> was_plan_rate or rate_on <> was_rate_on
),

own as (
    select
        '{{ var("currency") }}' as currency,
        '{{ var("currency") }}' as base_currency,
        fiscal_year,
        starts_on,
        next_starts_on,
        starts_on as rate_on,
        {{ since_ever() }} as known_from_on,
        cast(1 as decimal(18, 9)) as plan_rate
    from fiscal_years
),

everything as (
    select * from turns
    union all
    select * from own
)

select
    currency,
    fiscal_year,
    starts_on as valid_from,
    next_starts_on as valid_to,
    rate_on,
    known_from_on,
    coalesce(
        lead(known_from_on) over (
            partition by currency, base_currency, fiscal_year order by known_from_on
        ),
        {{ open_end() }}
    ) as known_to_on,
    plan_rate
from everything
