with events as (select * from {{ ref('core_booking_event') }}),

rates as (select * from {{ ref('core_booking_rate') }}),

recorded as (
    select
        events.*,
        events.n_bookings as n_valued,
        rates.plan_rate,
        rates.booking_rate,
        rates.plan_rate as was_plan_rate,
        rates.booking_rate as was_booking_rate
    from events
    left join rates
        on
            events.opportunity_key = rates.opportunity_key
            and events.currency = rates.currency
            and events.effective_on = rates.effective_on
            and events.recorded_on >= rates.from_on
            and events.recorded_on < rates.to_on
),

-- What was booked when its rate came to be another.
standing as (
    select
        events.*,
        rates.from_on as rated_on,
        rates.plan_rate,
        rates.booking_rate,
        rates.was_plan_rate,
        rates.was_booking_rate,
        cast(sum(events.n_bookings) over by_booking as integer) as n_valued,
        cast(
            sum(
                coalesce(events.amount_after_in_currency, 0)
                - coalesce(events.amount_before_in_currency, 0)
            ) over by_booking as decimal(18, 4)
        ) as standing_amount,
        row_number() over (
            partition by
                events.opportunity_key, events.currency, events.effective_on, rates.from_on
            order by events.recorded_at desc, events.n_bookings desc
        ) as newest_rank
    from events
    inner join rates
        on
            events.opportunity_key = rates.opportunity_key
            and events.currency = rates.currency
            and events.effective_on = rates.effective_on
            and events.recorded_on < rates.from_on
    where not rates.is_first
    window by_booking as (
        partition by events.opportunity_key, events.currency, events.effective_on, rates.from_on
    )
)

select
    booking_event_id,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    effective_on,
    recorded_at,
    recorded_on,
    event,
    reason,
    opportunity_type,
    currency,
    is_amount_missing,
    source_file,
    source_line,
    n_bookings,
    n_valued,
    amount_before_in_currency,
    amount_after_in_currency,
    plan_rate,
    booking_rate,
    was_plan_rate,
    was_booking_rate
from recorded

union all

select
    md5(
        opportunity_key || '|' || currency || '|' || cast(effective_on as varchar) || '|'
        || cast(rated_on as varchar) || '|rate'
    ) as booking_event_id,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    effective_on,
    {{ day_end('rated_on') }} as recorded_at,
    rated_on as recorded_on,
    'adjust' as event,
    'rate' as reason,
    opportunity_type,
    currency,
    amount_after_in_currency is null as is_amount_missing,
    source_file,
    source_line,
    0 as n_bookings,
    n_valued,
    standing_amount as amount_before_in_currency,
    standing_amount as amount_after_in_currency,
    plan_rate,
    booking_rate,
    was_plan_rate,
    was_booking_rate
from standing
where newest_rank = 1 and n_valued <> 0
