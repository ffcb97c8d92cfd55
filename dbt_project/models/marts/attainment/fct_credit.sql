with credits as (select * from {{ ref('core_credit') }})

select
    credit_id,
    reversal_of,
    booking_event_id,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    participant_id,
    quota_key,
    fiscal_month_key,
    fiscal_quarter_key,
    fiscal_year_key,

    booked_on,
    recorded_on,

    credit_type,
    measure,
    deal_type,
    cause,
    credit_state,
    currency,
    source_file,
    source_line,

    n_bookings,
    credit_pct,
    credit_amount,
    credit_amount_in_currency,
    plan_credit_amount,
    booked_credit_amount,
    spot_credit_amount
from credits
