with days as (select * from {{ ref('core_booking_rate_day') }}),

plan_rates as (select * from {{ ref('core_plan_rate_version') }}),

day_rates as (select * from {{ ref('core_currency_day_version') }}),

-- Days on which a booking came to be worth something else, or on which that became known.
points as (
    select
        opportunity_key,
        currency,
        effective_on,
        from_on as point_on
    from days

    union

    select
        days.opportunity_key,
        days.currency,
        days.effective_on,
        plan_rates.known_from_on as point_on
    from days
    inner join plan_rates
        on
            days.currency = plan_rates.currency
            and days.rate_on >= plan_rates.valid_from
            and days.rate_on < plan_rates.valid_to
            and days.from_on < plan_rates.known_from_on
            and days.to_on > plan_rates.known_from_on

    union

    select
        days.opportunity_key,
        days.currency,
        days.effective_on,
        day_rates.known_from_on as point_on
    from days
    inner join day_rates
        on
            days.currency = day_rates.currency
            and days.rate_on = day_rates.day_on
            and days.from_on < day_rates.known_from_on
            and days.to_on > day_rates.known_from_on
),

rated as (
    select
        points.opportunity_key,
        points.currency,
        points.effective_on,
        points.point_on,
        plan_rates.plan_rate,
        day_rates.rate as booking_rate
    from points
    inner join days
        on
            points.opportunity_key = days.opportunity_key
            and points.currency = days.currency
            and points.effective_on = days.effective_on
            and points.point_on >= days.from_on
            and points.point_on < days.to_on
    left join plan_rates
        on
            days.currency = plan_rates.currency
            and days.rate_on >= plan_rates.valid_from
            and days.rate_on < plan_rates.valid_to
            and points.point_on >= plan_rates.known_from_on
            and points.point_on < plan_rates.known_to_on
    left join day_rates
        on
            days.currency = day_rates.currency
            and days.rate_on = day_rates.day_on
            and points.point_on >= day_rates.known_from_on
            and points.point_on < day_rates.known_to_on
),

compared as (
    select
        *,
        row_number() over by_booking as turn,
        lag(plan_rate) over by_booking as was_plan_rate,
        lag(booking_rate) over by_booking as was_booking_rate
    from rated
    window by_booking as (
        partition by opportunity_key, currency, effective_on order by point_on
    )
),

-- No rate is 0: a missing one differs from every other.
changes as (
    select *
    from compared
    where
        turn = 1
        or coalesce(plan_rate, 0) <> coalesce(was_plan_rate, 0)
        or coalesce(booking_rate, 0) <> coalesce(was_booking_rate, 0)
)

select
    opportunity_key,
    currency,
    effective_on,
    point_on as from_on,
    coalesce(
        lead(point_on) over (
            partition by opportunity_key, currency, effective_on order by point_on
        ),
        {{ open_end() }}
    ) as to_on,
    turn = 1 as is_first,
    plan_rate,
    booking_rate,
    was_plan_rate,
    was_booking_rate
from changes
