{#- Own periods the expected course is taken from, and the fewest that will do. -#}
{%- set n_reference = 8 -%}
{%- set n_fewest = 4 -%}
with quotas as (select * from {{ ref('core_quota_in_force') }} where participant_id is not null),

events as (select * from {{ ref('fct_booking_event') }}),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

calendar as (select * from {{ ref('core_calendar_day') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

spans as (select * from {{ ref('core_observed_span') }}),

bookings as (
    select
        effective_on,
        sum(amount) as amount
    from events
    where amount is not null
    group by effective_on
),

last_quota as (select max(period_start_on) as last_start_on from quotas),

history as (
    select
        min(spans.first_observed_on) as first_observed_on,
        greatest(max(spans.last_observed_on), max(last_quota.last_start_on)) as last_asked_on
    from spans
    cross join last_quota
),

-- Periods that are asked about: the company's quarters, and what quotas have instead of them.
periods as (
    select distinct
        quotas.period_start_on,
        quotas.period_end_on,
        'quota' as kind
    from quotas
    left join quarters
        on
            quotas.period_start_on = quarters.starts_on
            and quotas.period_end_on = quarters.next_starts_on
    where quarters.starts_on is null

    union all

    select
        quarters.starts_on as period_start_on,
        quarters.next_starts_on as period_end_on,
        'quarter' as kind
    from quarters
    cross join history
    where
        quarters.next_starts_on > history.first_observed_on
        and quarters.starts_on <= history.last_asked_on
),

-- Earlier periods of the same kind that are about as long.
reference as (
    select
        asked.period_start_on,
        asked.period_end_on,
        earlier.period_start_on as reference_start_on,
        earlier.period_end_on as reference_end_on,
        row_number() over (
            partition by asked.period_start_on, asked.period_end_on
            order by earlier.period_start_on desc, earlier.period_end_on desc
        ) as reference_rank
    from periods as asked
    inner join periods as earlier
        on
            asked.kind = earlier.kind
            and asked.period_start_on >= earlier.period_end_on
            and abs(
                {{ days_between('asked.period_start_on', 'asked.period_end_on') }}
                - {{ days_between('earlier.period_start_on', 'earlier.period_end_on') }}
            ) <= 10
    cross join history
    cross join latest_extract
    where
        -- A period seen from its middle on would look as if all came late.
        not {{ is_left_truncated('earlier.period_start_on', 'history.first_observed_on') }}
        and earlier.period_end_on <= latest_extract.as_of_on
),

chosen as (select * from reference where reference_rank <= {{ n_reference }}),

totals as (
    select
        chosen.period_start_on,
        chosen.period_end_on,
        count(distinct chosen.reference_start_on) as n_reference_periods,
        sum(bookings.amount) as reference_amount
    from chosen
    inner join bookings
        on
            chosen.reference_start_on <= bookings.effective_on
            and chosen.reference_end_on > bookings.effective_on
    group by chosen.period_start_on, chosen.period_end_on
),

booked_by_days_left as (
    select
        chosen.period_start_on,
        chosen.period_end_on,
        {{ days_between('bookings.effective_on', 'chosen.reference_end_on') }} - 1 as days_left,
        sum(bookings.amount) as amount
    from chosen
    inner join bookings
        on
            chosen.reference_start_on <= bookings.effective_on
            and chosen.reference_end_on > bookings.effective_on
    group by
        chosen.period_start_on, chosen.period_end_on,
        {{ days_between('bookings.effective_on', 'chosen.reference_end_on') }} - 1
),

days as (
    select
        periods.period_start_on,
        periods.period_end_on,
        calendar.day_on,
        {{ days_between('calendar.day_on', 'periods.period_end_on') }} - 1 as days_left,
        {{ days_between('periods.period_start_on', 'calendar.day_on') }} + 1 as n_days_gone,
        {{ days_between('periods.period_start_on', 'periods.period_end_on') }} as n_days
    from periods
    inner join calendar
        on
            periods.period_start_on <= calendar.day_on
            and periods.period_end_on > calendar.day_on
),

own as (
    select
        days.period_start_on,
        days.period_end_on,
        days.day_on,
        coalesce(bookings.amount, 0) as booked_amount
    from days
    left join bookings on days.day_on = bookings.effective_on
),

-- What had been booked in the reference periods with so many days left or more.
expected as (
    select
        days.period_start_on,
        days.period_end_on,
        days.day_on,
        days.days_left,
        days.n_days_gone,
        days.n_days,
        coalesce(sum(booked_by_days_left.amount), 0) as reference_amount_by_then
    from days
    left join booked_by_days_left
        on
            days.period_start_on = booked_by_days_left.period_start_on
            and days.period_end_on = booked_by_days_left.period_end_on
            and days.days_left <= booked_by_days_left.days_left
    group by
        days.period_start_on, days.period_end_on, days.day_on, days.days_left,
        days.n_days_gone, days.n_days
),

judged as (
    select
        expected.*,
        coalesce(totals.n_reference_periods, 0) as n_reference_periods,
        totals.reference_amount,
        coalesce(
            totals.n_reference_periods < {{ n_fewest }} or totals.reference_amount <= 0, true
        ) as is_straight_line,
        sum(own.booked_amount) over (
            partition by expected.period_start_on, expected.period_end_on
            order by expected.day_on
            rows between unbounded preceding and current row
        ) as booked_by_then
    from expected
    inner join own
        on
            expected.period_start_on = own.period_start_on
            and expected.period_end_on = own.period_end_on
            and expected.day_on = own.day_on
    left join totals
        on
            expected.period_start_on = totals.period_start_on
            and expected.period_end_on = totals.period_end_on
)

select
    judged.period_start_on,
    judged.period_end_on,
    judged.day_on,

    judged.is_straight_line,
    judged.day_on <= latest_extract.as_of_on as is_past,

    judged.days_left,
    judged.n_reference_periods,
    case
        when judged.is_straight_line then cast(judged.n_days_gone as double) / judged.n_days
        else {{ ratio('judged.reference_amount_by_then', 'judged.reference_amount') }}
    end as expected_share_pct,
    case
        when not judged.is_straight_line
            then cast(judged.reference_amount_by_then as decimal(18, 4))
    end as reference_amount_by_then,
    case
        when not judged.is_straight_line
            then cast(judged.reference_amount as decimal(18, 4))
    end as reference_amount,
    case
        when judged.day_on <= latest_extract.as_of_on
            then cast(judged.booked_by_then as decimal(18, 4))
    end as booked_amount
from judged
cross join latest_extract
