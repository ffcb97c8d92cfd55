with periods as (select * from {{ ref('core_quota_scope') }}),

statuses as (select * from {{ ref('seed_quota_status') }}),

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
        periods.*,
        coalesce(spans.point_on, periods.known_from_on) as span_from_on,
        coalesce(spans.next_point_on, periods.known_to_on) as span_to_on
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

-- A source that keeps no status keeps approved quotas alone; a status nobody knows is left for a
-- check.
judged as (
    select
        at_points.*,
        case when at_points.status is null then true else statuses.is_approved end as is_approved
    from at_points
    left join statuses
        on replace(replace(lower(trim(at_points.status)), '_', ' '), '-', ' ') = statuses.status
)

-- Quota in force (M5): the version the company names, of those approved the latest.
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
    quota_known_from_on,
    span_from_on as known_from_on,
    span_to_on as known_to_on,
    measure,
    version,
    status,
    declared_period,
    basis,
    has_own_credit,
    is_approved,
    currency,
    source_file,
    source_line,
    quota_amount_in_currency,
    case
        when not coalesce(is_approved, false) then null
        when
            {{ text_literal(var('quota_version')) }} <> ''
            and coalesce(version, '') <> {{ text_literal(var('quota_version')) }}
            then null
        else
            dense_rank() over (
                partition by
                    source_system,
                    holder,
                    measure,
                    period_start_on,
                    span_from_on,
                    coalesce(is_approved, false),
                    {{ text_literal(var('quota_version')) }} = ''
                    or coalesce(version, '') = {{ text_literal(var('quota_version')) }}
                order by approved_at desc nulls last, {{ version_order('version') }} desc nulls last
            )
    end as force_rank
from judged
