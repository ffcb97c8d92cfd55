with seats as (select * from {{ ref('core_seat') }} where known_to_on = {{ open_end() }}),

ramp_steps as (
    {{ known_versions('ramp_step', ['schedule_id', 'tenure_month']) }}
),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

months as (
    {{ numbered_months() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

seated_days as (
    select
        quarters.starts_on,
        quarters.next_starts_on,
        seats.participant_id,
        seats.seat_state,
        seats.ramp_schedule_id,
        {{ tenure_month('months.month_number', 'seats') }} as tenure_month,
        {{ days_between(
            'greatest(seats.valid_from, quarters.starts_on)',
            'least(seats.valid_to, quarters.next_starts_on)'
        ) }} as n_days,
        {{ days_between('quarters.starts_on', 'quarters.next_starts_on') }} as n_days_in_quarter
    from quarters
    cross join latest_extract
    inner join months on quarters.starts_on = months.starts_on
    inner join seats
        on
            quarters.starts_on < seats.valid_to
            and quarters.next_starts_on > seats.valid_from
    where quarters.starts_on <= latest_extract.as_of_on
),

ramping as (
    select distinct
        seated_days.starts_on,
        seated_days.participant_id
    from seated_days
    left join ramp_steps
        on
            seated_days.ramp_schedule_id = ramp_steps.schedule_id
            and seated_days.tenure_month <= ramp_steps.tenure_month
            and ramp_steps.known_to_on = {{ open_end() }}
    where
        seated_days.ramp_schedule_id is not null
        and (seated_days.tenure_month < 1 or ramp_steps.ramp_pct < 1)
),

seated as (
    select
        participant_id,
        starts_on,
        next_starts_on
    from seated_days
    group by participant_id, starts_on, next_starts_on, n_days_in_quarter
    having
        sum(case when seat_state = 'active' then n_days else 0 end) = n_days_in_quarter
        and sum(case when seat_state = 'leave' then n_days else 0 end) = 0
)

select
    seated.participant_id,
    seated.starts_on as period_start_on,
    seated.next_starts_on as period_end_on,
    ramping.participant_id is null as is_fully_ramped
from seated
left join ramping
    on
        seated.participant_id = ramping.participant_id
        and seated.starts_on = ramping.starts_on
