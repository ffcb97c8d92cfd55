with events as (select * from {{ ref('core_rated_booking_event') }}),

day_rates as (
    select * from {{ ref('core_currency_day_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

today as (
    select
        events.*,
        day_rates.rate as spot_rate,
        day_rates.rate as was_spot_rate
    from events
    cross join latest_extract
    left join day_rates
        on
            events.currency = day_rates.currency
            and latest_extract.as_of_on = day_rates.day_on
)

-- A change is the difference of two whole values, so that changes add up to the last value exactly.
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
    plan_rate,
    booking_rate,
    spot_rate,
    was_plan_rate,
    was_booking_rate,
    was_spot_rate,
    {%- for name, rate in [
        ('plan', 'plan_rate'), ('booked', 'booking_rate'), ('spot', 'spot_rate')
    ] %}
    case
        when not is_amount_missing and {{ rate }} is not null
            then
                {{ at_rate('coalesce(amount_after_in_currency, 0)', rate) }}
                - {{ at_rate('coalesce(amount_before_in_currency, 0)', 'was_' ~ rate) }}
    end as {{ name }}_amount,
    {%- endfor %}
    case
        when not is_amount_missing
            then
                coalesce(amount_after_in_currency, 0)
                - coalesce(amount_before_in_currency, 0)
    end as amount_in_currency
from today
