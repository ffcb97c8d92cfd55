with delivered as (
    {{ known_versions(
        'quota', ['quota_id', 'version'],
        not_before="coalesce(" ~ local_date('approved_at') ~ ", date '1900-01-01')"
    ) }}
),

seats as (select * from {{ ref('core_seat') }}),

ramp_steps as (
    {{ known_versions('ramp_step', ['schedule_id', 'tenure_month']) }}
),

calendar as (select * from {{ ref('core_calendar_day') }}),

months as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

-- The seller calendar: every day on which quotas of this measure and version start.
quota_days as (
    select distinct
        source_system,
        version,
        measure,
        quota_on
    from delivered
    where known_to_on = date '9999-12-31'
),

successors as (
    select
        source_system,
        version,
        measure,
        quota_on,
        lead(quota_on) over by_calendar as next_quota_on,
        lag(quota_on) over by_calendar as previous_quota_on
    from quota_days
    window by_calendar as (partition by source_system, version, measure order by quota_on)
),

-- The last window has no successor yet: it is as long as the one before it.
windows as (
    select
        source_system,
        version,
        measure,
        quota_on,
        coalesce(
            next_quota_on,
            {{ add_days('quota_on', days_between('previous_quota_on', 'quota_on')) }}
        ) as window_end_on
    from successors
),

periods as (
    select
        delivered.*,
        case
            when delivered.participant_id is not null
                then 'participant|' || delivered.participant_id
            when delivered.territory_id is not null then 'territory|' || delivered.territory_id
            when delivered.node is not null then 'node|' || delivered.node
        end as holder,
        coalesce(delivered.basis, '{{ var("quota_basis") }}') as known_basis,
        {% if var('quota_period') == 'declared' -%}
        coalesce(delivered.declared_start_on, delivered.quota_on) as period_start_on,
        coalesce(delivered.declared_end_on, delivered.period_end_on, windows.window_end_on)
        {%- else -%}
        delivered.quota_on as period_start_on,
        coalesce(delivered.period_end_on, windows.window_end_on)
        {%- endif %} as period_ends_on,
        coalesce(delivered.currency, '{{ var("currency") }}') as known_currency
    from delivered
    left join windows
        on
            delivered.source_system = windows.source_system
            and coalesce(delivered.version, '') = coalesce(windows.version, '')
            and delivered.measure = windows.measure
            and delivered.quota_on = windows.quota_on
),

-- Days on which something else became known about the quotas of a holder and period.
quota_points as (
    select
        source_system,
        holder,
        measure,
        period_start_on,
        known_from_on as point_on
    from periods

    union

    select
        source_system,
        holder,
        measure,
        period_start_on,
        known_to_on as point_on
    from periods
    where known_to_on < date '9999-12-31'
),

seat_points as (
    select distinct
        periods.source_system,
        periods.holder,
        periods.measure,
        periods.period_start_on,
        seats.known_from_on as point_on
    from periods
    inner join seats on periods.participant_id = seats.participant_id

    union

    select distinct
        periods.source_system,
        periods.holder,
        periods.measure,
        periods.period_start_on,
        ramp_steps.known_from_on as point_on
    from periods
    inner join seats on periods.participant_id = seats.participant_id
    inner join ramp_steps on seats.ramp_schedule_id = ramp_steps.schedule_id
),

first_points as (
    select
        source_system,
        holder,
        measure,
        period_start_on,
        min(point_on) as first_on
    from quota_points
    group by source_system, holder, measure, period_start_on
),

points as (
    select * from quota_points

    union

    select
        seat_points.source_system,
        seat_points.holder,
        seat_points.measure,
        seat_points.period_start_on,
        seat_points.point_on
    from seat_points
    inner join first_points
        on
            seat_points.source_system = first_points.source_system
            and seat_points.holder = first_points.holder
            and seat_points.measure = first_points.measure
            and seat_points.period_start_on = first_points.period_start_on
            and seat_points.point_on > first_points.first_on
),

spans as (
    select
        source_system,
        holder,
        measure,
        period_start_on,
        point_on,
        coalesce(
            lead(point_on) over (
                partition by source_system, holder, measure, period_start_on order by point_on
            ),
            date '9999-12-31'
        ) as next_point_on
    from points
),

at_points as (
    select
        periods.source_system,
        periods.quota_id,
        periods.participant_id,
        periods.territory_id,
        periods.node,
        periods.holder,
        periods.period_start_on,
        periods.period_ends_on as period_end_on,
        periods.quota_on,
        periods.approved_at,
        periods.measure,
        periods.version,
        periods.status,
        periods.declared_period,
        periods.known_basis as basis,
        periods.known_currency as currency,
        periods.source_file,
        periods.source_line,
        coalesce(spans.point_on, periods.known_from_on) as known_from_on,
        coalesce(spans.next_point_on, periods.known_to_on) as known_to_on,
        md5(
            periods.source_system || '|' || periods.quota_id || '|' || coalesce(periods.version, '')
        ) as quota_key,
        periods.quota_amount as quota_amount_in_currency
    from periods
    left join spans
        on
            periods.source_system = spans.source_system
            and periods.holder = spans.holder
            and periods.measure = spans.measure
            and periods.period_start_on = spans.period_start_on
            and periods.known_from_on <= spans.point_on
            and periods.known_to_on > spans.point_on
),

-- Quota in force (M5): the version the company names, of those approved the latest.
ranked as (
    select
        *,
        case
            when coalesce(status, 'approved') <> 'approved' then null
            when
                '{{ var("quota_version") }}' <> ''
                and coalesce(version, '') <> '{{ var("quota_version") }}'
                then null
            else
                dense_rank() over (
                    partition by
                        source_system,
                        holder,
                        measure,
                        period_start_on,
                        known_from_on,
                        coalesce(status, 'approved') = 'approved',
                        '{{ var("quota_version") }}' = ''
                        or coalesce(version, '') = '{{ var("quota_version") }}'
                    order by approved_at desc nulls last, version desc nulls last
                )
        end as force_rank
    from at_points
),

-- Seats that make a difference to a period: begun in it or lately, ended before its end, on leave.
touched as (
    select distinct
        ranked.quota_key,
        ranked.known_from_on,
        ranked.participant_id,
        ranked.period_start_on,
        ranked.period_end_on
    from ranked
    inner join seats
        on
            ranked.participant_id = seats.participant_id
            and ranked.known_from_on >= seats.known_from_on
            and ranked.known_from_on < seats.known_to_on
    where
        seats.seat_state <> 'active'
        or seats.valid_from > ranked.period_start_on
        or seats.valid_to < ranked.period_end_on
        or seats.ramp_schedule_id is not null
),

by_day as (
    select
        touched.quota_key,
        touched.known_from_on,
        calendar.day_on,
        {{ month_number('calendar.day_on') }} as month_number,
        {% if var('proration_days') == 'working_days' -%}
        case when calendar.is_weekday then 1 else 0 end
        {%- else -%}
        1
        {%- endif %} as counted,
        active.participant_id is not null as is_in_seat,
        on_leave.participant_id is not null as is_on_leave,
        active.ramp_schedule_id,
        {#- The month that counts as the first of the ramp. #}
        {{ month_number('calendar.day_on') }} - {{ month_number('active.valid_from') }} + 1
        {% if var('ramp_anchor') == 'first_full_month' -%}
        - case when extract(day from active.valid_from) = 1 then 0 else 1 end
        {%- endif %} as tenure_month
    from touched
    inner join calendar
        on
            touched.period_start_on <= calendar.day_on
            and touched.period_end_on > calendar.day_on
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
),

seated as (
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
),

measured as (
    select
        ranked.*,
        coalesce(ranked.force_rank = 1, false) as is_in_force,
        coalesce(seated.is_fully_ramped, true) as is_fully_ramped,
        coalesce(seated.is_in_seat_all_period, true) as is_in_seat_all_period,
        plan_rates.plan_rate,
        {{ at_rate('ranked.quota_amount_in_currency', 'plan_rates.plan_rate') }}
            as full_quota_amount,
        case
            when seated.quota_key is null or ranked.basis <> 'full' then 1
            else cast(seated.n_worked as double) / nullif(seated.n_counted, 0)
        end as seat_pct,
        case
            when seated.quota_key is null or ranked.basis <> 'full' then 1
            when seated.is_fully_ramped
                then cast(seated.n_worked as double) / nullif(seated.n_counted, 0)
            when first_month.starts_on is not null and last_month.starts_on is not null
                then seated.ramped_by_month
            else seated.ramped_by_day
        end as ramped_pct
    from ranked
    left join seated
        on
            ranked.quota_key = seated.quota_key
            and ranked.known_from_on = seated.known_from_on
    left join months as first_month on ranked.period_start_on = first_month.starts_on
    left join months as last_month on ranked.period_end_on = last_month.starts_on
    left join plan_rates
        on
            ranked.currency = plan_rates.currency
            and ranked.period_start_on >= plan_rates.valid_from
            and ranked.period_start_on < plan_rates.valid_to
)

select
    quota_key,
    source_system,
    quota_id,
    participant_id,
    territory_id,
    node,
    holder,
    period_start_on,
    period_end_on,
    quota_on,
    approved_at,
    known_from_on,
    known_to_on,
    measure,
    version,
    status,
    declared_period,
    basis,
    currency,
    is_in_force,
    is_fully_ramped,
    is_in_seat_all_period,
    source_file,
    source_line,
    quota_amount_in_currency,
    plan_rate,
    full_quota_amount,
    cast(round(cast(full_quota_amount as double) * seat_pct, 2) as decimal(18, 4))
        as prorated_quota_amount,
    case
        when ramped_pct = 1 then full_quota_amount
        else cast(round(cast(full_quota_amount as double) * ramped_pct, 2) as decimal(18, 4))
    end as quota_amount
from measured
