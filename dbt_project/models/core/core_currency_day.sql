with rates as (select * from {{ ref('core_exchange_rate') }}),

events as (select * from {{ ref('core_booking_event') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

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

wanted as (
    select distinct currency
    from events
    where currency <> '{{ var("currency") }}'

    union

    select '{{ var("currency") }}' as currency
),

first_rates as (
    select
        quoted.base_currency,
        quoted.quote_currency,
        min(quoted.rate_on) as first_rate_on
    from quoted
    inner join wanted on quoted.quote_currency = wanted.currency
    group by quoted.base_currency, quoted.quote_currency
),

days as (
    select
        calendar.day_on,
        first_rates.base_currency,
        first_rates.quote_currency
    from first_rates
    cross join calendar
    cross join latest_extract
    where
        calendar.day_on >= first_rates.first_rate_on
        and calendar.day_on <= latest_extract.as_of_on
),

-- The last day on or before each one for which a rate was published.
dated as (
    select
        days.day_on,
        days.base_currency,
        days.quote_currency,
        max(quoted.rate_on) over (
            partition by days.base_currency, days.quote_currency
            order by days.day_on
            rows between unbounded preceding and current row
        ) as rate_on
    from days
    left join quoted
        on
            days.day_on = quoted.rate_on
            and days.base_currency = quoted.base_currency
            and days.quote_currency = quoted.quote_currency
),

fresh as (
    select
        dated.day_on,
        dated.base_currency,
        dated.quote_currency,
        quoted.rate
    from dated
    inner join quoted
        on
            dated.rate_on = quoted.rate_on
            and dated.base_currency = quoted.base_currency
            and dated.quote_currency = quoted.quote_currency
    where
        {{ days_between('dated.rate_on', 'dated.day_on') }} <= {{ var('max_rate_age_days') }}
)

select
    foreign_side.quote_currency as currency,
    foreign_side.day_on,
    cast(company_side.rate / foreign_side.rate as decimal(18, 9)) as rate
from fresh as foreign_side
inner join fresh as company_side
    on
        foreign_side.day_on = company_side.day_on
        and foreign_side.base_currency = company_side.base_currency
        and company_side.quote_currency = '{{ var("currency") }}'
where foreign_side.quote_currency <> '{{ var("currency") }}'
