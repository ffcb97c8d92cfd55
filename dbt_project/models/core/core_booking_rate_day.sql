with events as (select * from {{ ref('core_booking_event') }}),

fiscal_years as (select * from {{ ref('core_fiscal_period') }} where period_type = 'year'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

bookings as (
    select
        opportunity_key,
        currency,
        effective_on,
        min(recorded_on) as first_recorded_on
    from events
    where effective_on is not null
    group by opportunity_key, currency, effective_on
),

-- A booking dated ahead has no rate of its day yet: the day it was recorded on stands for it, in
-- later fiscal years their first day, until its day has come.
turns as (
    select
        opportunity_key,
        currency,
        effective_on,
        first_recorded_on as from_on,
        least(effective_on, first_recorded_on) as rate_on
    from bookings

    union

    select
        bookings.opportunity_key,
        bookings.currency,
        bookings.effective_on,
        fiscal_years.starts_on as from_on,
        fiscal_years.starts_on as rate_on
    from bookings
    inner join fiscal_years
        on
            bookings.first_recorded_on < fiscal_years.starts_on
            and bookings.effective_on > fiscal_years.starts_on
    inner join latest_extract on fiscal_years.starts_on <= latest_extract.as_of_on

    union

    select
        bookings.opportunity_key,
        bookings.currency,
        bookings.effective_on,
        bookings.effective_on as from_on,
        bookings.effective_on as rate_on
    from bookings
    inner join latest_extract on bookings.effective_on <= latest_extract.as_of_on
    where bookings.effective_on > bookings.first_recorded_on
)

select
    opportunity_key,
    currency,
    effective_on,
    from_on,
    coalesce(
        lead(from_on) over (
            partition by opportunity_key, currency, effective_on order by from_on
        ),
        {{ open_end() }}
    ) as to_on,
    rate_on
from turns
