with events as (select * from {{ ref('core_booking_value') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

deal_types as (select * from {{ ref('core_deal_type') }})

select
    events.booking_event_id,
    events.opportunity_key,
    events.source_system,
    events.opportunity_id,
    coalesce(events.account_id, 'unassigned') as account_id,
    calendar.fiscal_month_key,
    calendar.fiscal_quarter_key,
    calendar.fiscal_year_key,

    events.effective_on,
    events.recorded_at,
    events.recorded_on,

    events.event,
    events.reason,
    deal_types.deal_type,
    events.currency,
    events.is_amount_missing,
    events.source_file,
    events.source_line,

    events.n_bookings,
    cast(events.amount_in_currency as decimal(18, 4)) as amount_in_currency,
    events.plan_rate,
    events.booking_rate,
    events.spot_rate,
    cast(events.{{ var('attainment_rate') }}_amount as decimal(18, 4)) as amount,
    cast(events.plan_amount as decimal(18, 4)) as plan_amount,
    cast(events.booked_amount as decimal(18, 4)) as booked_amount,
    cast(events.spot_amount as decimal(18, 4)) as spot_amount,
    cast(events.booked_amount - events.plan_amount as decimal(18, 4)) as fx_effect_amount
from events
left join calendar on events.effective_on = calendar.day_on
left join deal_types
    on
        events.source_system = deal_types.source_system
        and lower(trim(events.opportunity_type)) = deal_types.source_value
