with events as (select * from {{ ref('core_dated_booking_event') }})

select
    booking_event_id,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    fiscal_month_key,
    fiscal_quarter_key,
    fiscal_year_key,

    effective_on,
    recorded_at,
    recorded_on,

    event,
    reason,
    deal_type,
    currency,
    is_amount_missing,
    source_file,
    source_line,

    n_bookings,
    amount_in_currency,
    plan_rate,
    booking_rate,
    spot_rate,
    amount,
    plan_amount,
    booked_amount,
    spot_amount,
    fx_effect_amount
from events
