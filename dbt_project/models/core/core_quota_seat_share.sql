with quotas as (select * from {{ ref('core_quota_known') }}),

seats as (select * from {{ ref('core_seat') }}),

ramp_steps as (
    {{ known_versions('ramp_step', ['schedule_id', 'tenure_month']) }}
),

calendar as (select * from {{ ref('core_calendar_day') }}),

months as (
    {{ numbered_months() }}
),

-- Seats that make a difference to a period: begun in it or lately, ended before its end, on leave.
touched as (
    select distinct
        quotas.quota_key,
        quotas.known_from_on,
        quotas.participant_id,
        quotas.period_start_on,
        quotas.period_end_on
    from quotas
    inner join seats
        on
            quotas.participant_id = seats.participant_id
            and quotas.known_from_on >= seats.known_from_on
            and quotas.known_from_on < seats.known_to_on
    where
        seats.seat_state <> 'active'
        or seats.valid_from > quotas.period_start_on
        or seats.valid_to < quotas.period_end_on
        or seats.ramp_schedule_id is not null
),

by_day as (
    select
        touched.quota_key,
        touched.known_from_on,
        calendar.day_on,
        months.month_number,
        {% if var('proration_days') == 'working_days' -%}
        case when calendar.is_weekday then 1 else 0 end
        {%- else -%}
        1
        {%- endif %} as counted,
        active.participant_id is not null as is_in_seat,
        on_leave.participant_id is not null as is_on_leave,
        active.ramp_schedule_id,
        {{ tenure_month('months.month_number', 'active') }} as tenure_month
    from touched
    inner join calendar
        on
            touched.period_start_on <= calendar.day_on
            and touched.period_end_on > calendar.day_on
    left join months on calendar.fiscal_month_key = months.period_key
    left join seats as active
        on
            touched.participant_id = active.participant_id
            and active.seat_state = 'active'
            and touched.known_from_on >= active.known_from_on
            and touched.known_from_on < active.known_to_on
            and calendar.day_on >= active.valid_from
            and calendar.day_on < active.valid_to
    left join seats as on_leave
        on
            touched.participant_id = on_leave.participant_id
            and on_leave.seat_state = 'leave'
            and touched.known_from_on >= on_leave.known_from_on
            and touched.known_from_on < on_leave.known_to_on
            and calendar.day_on >= on_leave.valid_from
            and calendar.day_on < on_leave.valid_to
),

by_ramped_day as (
    select
        by_day.*,
        case
            when not by_day.is_in_seat then 0
            when by_day.is_on_leave and {{ var('leave_relief') }} then 0
            else by_day.counted
        end as worked,
        -- Before the first month of a ramp nothing is asked, after the last one everything.
        case
            when by_day.ramp_schedule_id is null then 1
            when by_day.tenure_month < 1 then 0
            else coalesce(ramp_steps.ramp_pct, 1)
        end as ramp_pct
    from by_day
    left join ramp_steps
        on
            by_day.ramp_schedule_id = ramp_steps.schedule_id
            and by_day.tenure_month = ramp_steps.tenure_month
            and by_day.known_from_on >= ramp_steps.known_from_on
            and by_day.known_from_on < ramp_steps.known_to_on
),

by_month as (
    select
        quota_key,
        known_from_on,
        month_number,
        sum(counted) as n_counted,
        sum(worked) as n_worked,
        sum(worked * ramp_pct) as n_ramped,
        min(case when is_in_seat then ramp_pct else 1 end) as least_ramp_pct,
        min(case when is_in_seat and not is_on_leave then 1 else 0 end) as is_seated
    from by_ramped_day
    group by quota_key, known_from_on, month_number
)

select
    quota_key,
    known_from_on,
    sum(n_worked) as n_worked,
    sum(n_counted) as n_counted,
    -- Whole months weigh the same; in other periods every counted day does.
    avg(cast(n_ramped as double) / nullif(n_counted, 0)) as ramped_by_month,
    cast(sum(n_ramped) as double) / nullif(sum(n_counted), 0) as ramped_by_day,
    min(least_ramp_pct) = 1 as is_fully_ramped,
    min(is_seated) = 1 as is_in_seat_all_period
from by_month
group by quota_key, known_from_on
