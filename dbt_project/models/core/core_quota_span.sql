with periods as (select * from {{ ref('core_quota_scope') }}),

seats as (select * from {{ ref('core_seat') }}),

ramp_steps as (
    {{ known_versions('ramp_step', ['schedule_id', 'tenure_month']) }}
),

plan_rates as (select * from {{ ref('core_plan_rate_version') }}),

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

other_points as (
    select distinct
        periods.source_system,
        periods.holder,
        periods.measure,
        periods.period_start_on,
        seats.known_from_on as point_on
    from periods
    inner join seats on periods.participant_id = seats.participant_id

    union

    -- A seat or a step of a ramp may be gone without another one in its place.
    select distinct
        periods.source_system,
        periods.holder,
        periods.measure,
        periods.period_start_on,
        seats.known_to_on as point_on
    from periods
    inner join seats on periods.participant_id = seats.participant_id
    where seats.known_to_on < date '9999-12-31'

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

    union

    select distinct
        periods.source_system,
        periods.holder,
        periods.measure,
        periods.period_start_on,
        ramp_steps.known_to_on as point_on
    from periods
    inner join seats on periods.participant_id = seats.participant_id
    inner join ramp_steps on seats.ramp_schedule_id = ramp_steps.schedule_id
    where ramp_steps.known_to_on < date '9999-12-31'

    union

    select
        periods.source_system,
        periods.holder,
        periods.measure,
        periods.period_start_on,
        plan_rates.known_from_on as point_on
    from periods
    inner join plan_rates
        on
            periods.currency = plan_rates.currency
            and periods.period_start_on >= plan_rates.valid_from
            and periods.period_start_on < plan_rates.valid_to
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
        other_points.source_system,
        other_points.holder,
        other_points.measure,
        other_points.period_start_on,
        other_points.point_on
    from other_points
    inner join first_points
        on
            other_points.source_system = first_points.source_system
            and other_points.holder = first_points.holder
            and other_points.measure = first_points.measure
            and other_points.period_start_on = first_points.period_start_on
            and other_points.point_on > first_points.first_on
)

{{ ranges_between(
    'points', ['source_system', 'holder', 'measure', 'period_start_on']
) }}
