with credits as (select * from {{ ref('core_credit') }}),

wanted as (select * from {{ ref('core_wanted_measure') }}),

units as (select * from {{ ref('core_unit_achievement') }}),

accepted as (select * from {{ ref('core_accepted_achievement') }}),

activities as (select * from {{ ref('core_activity_achievement') }}),

credited as (
    select
        participant_id,
        measure,
        booked_on as effective_on,
        recorded_on,
        cause,
        n_bookings,
        credit_amount as amount
    from credits

    union all

    select
        credits.participant_id,
        wanted.measure,
        credits.booked_on as effective_on,
        greatest(credits.recorded_on, wanted.known_from_on) as recorded_on,
        credits.cause,
        credits.n_bookings,
        credits.credit_amount as amount
    from credits
    inner join wanted on wanted.measure = 'new_logo_bookings'
    where credits.deal_type = 'new' and credits.measure = 'bookings'
),

counted as (
    select * from units
    union all
    select * from accepted
    union all
    select * from activities
),

-- A measure counts from when somebody was known to have a quota for it.
wanted_counts as (
    select
        counted.participant_id,
        counted.measure,
        counted.effective_on,
        greatest(counted.recorded_on, wanted.known_from_on) as recorded_on,
        counted.cause,
        counted.n_bookings,
        counted.amount
    from counted
    inner join wanted on counted.measure = wanted.measure
),

everything as (
    select * from credited
    union all
    select * from wanted_counts
)

select
    participant_id,
    measure,
    effective_on,
    recorded_on,
    cause,
    sum(n_bookings) as n_bookings,
    -- Bookings without an amount count in their number alone (C9).
    coalesce(sum(amount), 0) as amount
from everything
group by participant_id, measure, effective_on, recorded_on, cause
