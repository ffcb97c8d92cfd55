with rates as (select * from {{ ref('core_exchange_rate_version') }}),

booking_days as (select * from {{ ref('core_booking_rate_day') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- Days at whose rate a booking is or was worth something, and today.
asked as (
    select
        booking_days.rate_on as day_on,
        booking_days.currency
    from booking_days
    where booking_days.currency <> '{{ var("currency") }}'

    union

    select
        latest_extract.as_of_on as day_on,
        booking_days.currency
    from booking_days
    cross join latest_extract
    where booking_days.currency <> '{{ var("currency") }}'
),

{{ rates_as_known() }},

own as (
    select distinct
        '{{ var("currency") }}' as currency,
        booking_days.rate_on as day_on,
        {{ from_the_start() }} as known_from_on,
        {{ open_end() }} as known_to_on,
        cast(1 as decimal(18, 9)) as rate
    from booking_days
    where booking_days.rate_on is not null

    union

    select
        '{{ var("currency") }}' as currency,
        latest_extract.as_of_on as day_on,
        {{ from_the_start() }} as known_from_on,
        {{ open_end() }} as known_to_on,
        cast(1 as decimal(18, 9)) as rate
    from latest_extract
)

select
    currency,
    day_on,
    known_from_on,
    known_to_on,
    rate
from known_rates

union all

select
    currency,
    day_on,
    known_from_on,
    known_to_on,
    rate
from own
