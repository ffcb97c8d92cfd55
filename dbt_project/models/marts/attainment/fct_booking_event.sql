with events as (select * from {{ ref('core_booking_event') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

day_rates as (select * from {{ ref('core_currency_day') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

deal_types as (select * from {{ ref('core_deal_type') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- A booking dated ahead has no rate of its day yet: today's stands for it.
dated as (
    select
        events.*,
        least(events.effective_on, latest_extract.as_of_on) as rate_on,
        latest_extract.as_of_on
    from events
    cross join latest_extract
),

rated as (
    select
        dated.*,
        plan_rates.plan_rate,
        case
            when dated.currency = '{{ var("currency") }}' then cast(1 as decimal(18, 9))
            else booked_at.rate
        end as booking_rate,
        case
            when dated.currency = '{{ var("currency") }}' then cast(1 as decimal(18, 9))
            else today.rate
        end as spot_rate
    from dated
    left join plan_rates
        on
            dated.currency = plan_rates.currency
            and dated.rate_on >= plan_rates.valid_from
            and dated.rate_on < plan_rates.valid_to
    left join day_rates as booked_at
        on
            dated.currency = booked_at.currency
            and dated.rate_on = booked_at.day_on
    left join day_rates as today
        on
            dated.currency = today.currency
            and dated.as_of_on = today.day_on
),

-- A change is the difference of two whole values, so that changes add up to the last value exactly.
valued as (
    select
        *,
        {%- for name, rate in [
            ('plan', 'plan_rate'), ('booked', 'booking_rate'), ('spot', 'spot_rate')
        ] %}
        case
            when not is_amount_missing and {{ rate }} is not null
                then
                    {{ at_rate('coalesce(amount_after_in_currency, 0)', rate) }}
                    - {{ at_rate('coalesce(amount_before_in_currency, 0)', rate) }}
        end as {{ name }}_amount,
        {%- endfor %}
        case
            when not is_amount_missing
                then
                    coalesce(amount_after_in_currency, 0)
                    - coalesce(amount_before_in_currency, 0)
        end as amount_in_currency
    from rated
)

select
    valued.booking_event_id,
    valued.opportunity_key,
    valued.source_system,
    valued.opportunity_id,
    coalesce(valued.account_id, 'unassigned') as account_id,
    calendar.fiscal_month_key,
    calendar.fiscal_quarter_key,
    calendar.fiscal_year_key,

    valued.effective_on,
    valued.recorded_at,
    valued.recorded_on,

    valued.event,
    valued.reason,
    deal_types.deal_type,
    valued.currency,
    valued.is_amount_missing,
    valued.source_file,
    valued.source_line,

    valued.n_bookings,
    cast(valued.amount_in_currency as decimal(18, 4)) as amount_in_currency,
    valued.plan_rate,
    valued.booking_rate,
    valued.spot_rate,
    cast(valued.{{ var('attainment_rate') }}_amount as decimal(18, 4)) as amount,
    cast(valued.plan_amount as decimal(18, 4)) as plan_amount,
    cast(valued.booked_amount as decimal(18, 4)) as booked_amount,
    cast(valued.spot_amount as decimal(18, 4)) as spot_amount,
    cast(valued.booked_amount - valued.plan_amount as decimal(18, 4)) as fx_effect_amount
from valued
left join calendar on valued.effective_on = calendar.day_on
left join deal_types
    on
        valued.source_system = deal_types.source_system
        and lower(trim(valued.opportunity_type)) = deal_types.source_value
