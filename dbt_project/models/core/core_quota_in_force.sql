with quotas as (select * from {{ ref('core_quota_version') }} where is_in_force),

assignments as (select * from {{ ref('core_territory_assignment_version') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

-- A quota of a territory is its sellers', day by day; a day without a seller is the house's.
territory_points as (
    select
        quota_key,
        known_from_on as quota_from_on,
        known_from_on as point_on
    from quotas
    where territory_id is not null

    union

    select
        quotas.quota_key,
        quotas.known_from_on as quota_from_on,
        assignments.known_from_on as point_on
    from quotas
    inner join assignments
        on
            quotas.territory_id = assignments.territory_id
            and quotas.known_from_on < assignments.known_from_on
            and quotas.known_to_on > assignments.known_from_on

    union

    -- An assignment may be gone without another one in its place.
    select
        quotas.quota_key,
        quotas.known_from_on as quota_from_on,
        assignments.known_to_on as point_on
    from quotas
    inner join assignments
        on
            quotas.territory_id = assignments.territory_id
            and quotas.known_from_on < assignments.known_to_on
            and quotas.known_to_on > assignments.known_to_on
),

territory_spans as (
    select
        territory_points.quota_key,
        territory_points.quota_from_on,
        territory_points.point_on,
        coalesce(
            lead(territory_points.point_on) over (
                partition by territory_points.quota_key, territory_points.quota_from_on
                order by territory_points.point_on
            ),
            quotas.known_to_on
        ) as next_point_on
    from territory_points
    inner join quotas
        on
            territory_points.quota_key = quotas.quota_key
            and territory_points.quota_from_on = quotas.known_from_on
),

territory_days as (
    select
        quotas.quota_key,
        territory_spans.point_on,
        territory_spans.next_point_on,
        quotas.full_quota_amount,
        calendar.day_on,
        coalesce(assignments.participant_id, 'unassigned') as participant_id,
        -- Two sellers of one territory share its days.
        cast(1 as double)
        / count(*) over (
            partition by quotas.quota_key, territory_spans.point_on, calendar.day_on
        ) as n_days
    from territory_spans
    inner join quotas
        on
            territory_spans.quota_key = quotas.quota_key
            and territory_spans.quota_from_on = quotas.known_from_on
    inner join calendar
        on
            quotas.period_start_on <= calendar.day_on
            and quotas.period_end_on > calendar.day_on
            and (calendar.is_weekday or '{{ var("proration_days") }}' = 'calendar_days')
    left join assignments
        on
            quotas.territory_id = assignments.territory_id
            and territory_spans.point_on >= assignments.known_from_on
            and territory_spans.point_on < assignments.known_to_on
            and calendar.day_on >= assignments.valid_from
            and calendar.day_on < assignments.valid_to
),

territory_weights as (
    select
        quota_key,
        point_on,
        next_point_on,
        full_quota_amount,
        participant_id,
        sum(n_days) as n_days
    from territory_days
    group by quota_key, point_on, next_point_on, full_quota_amount, participant_id
),

territory_parts as (
    {{ largest_remainder(
        'territory_weights', ['quota_key', 'point_on'], 'full_quota_amount', 'n_days',
        'participant_id'
    ) }}
),

parts as (
    select
        quotas.quota_key,
        quotas.source_system,
        quotas.participant_id,
        quotas.node,
        quotas.measure,
        quotas.period_start_on,
        quotas.period_end_on,
        quotas.known_from_on,
        quotas.known_to_on,
        quotas.has_own_credit,
        quotas.is_fully_ramped,
        quotas.is_in_seat_all_period,
        quotas.source_file,
        quotas.source_line,
        quotas.full_quota_amount,
        quotas.prorated_quota_amount,
        quotas.quota_amount
    from quotas
    where quotas.territory_id is null

    union all

    select
        quotas.quota_key,
        quotas.source_system,
        territory_parts.participant_id,
        cast(null as varchar) as node,
        quotas.measure,
        quotas.period_start_on,
        quotas.period_end_on,
        territory_parts.point_on as known_from_on,
        territory_parts.next_point_on as known_to_on,
        quotas.has_own_credit,
        quotas.is_fully_ramped,
        sum(territory_parts.n_days) over (
            partition by territory_parts.quota_key, territory_parts.point_on
        ) = territory_parts.n_days as is_in_seat_all_period,
        quotas.source_file,
        quotas.source_line,
        territory_parts.part_amount as full_quota_amount,
        territory_parts.part_amount as prorated_quota_amount,
        territory_parts.part_amount as quota_amount
    from territory_parts
    inner join quotas
        on
            territory_parts.quota_key = quotas.quota_key
            and territory_parts.point_on >= quotas.known_from_on
            and territory_parts.point_on < quotas.known_to_on
),

-- Parts of several territories are one quota: it changes when one of them does.
points as (
    select
        participant_id,
        node,
        measure,
        period_start_on,
        period_end_on,
        known_from_on as point_on
    from parts

    union

    select
        participant_id,
        node,
        measure,
        period_start_on,
        period_end_on,
        known_to_on as point_on
    from parts
    where known_to_on < date '9999-12-31'
),

spans as (
    select
        participant_id,
        node,
        measure,
        period_start_on,
        period_end_on,
        point_on as known_from_on,
        coalesce(
            lead(point_on) over (
                partition by participant_id, node, measure, period_start_on, period_end_on
                order by point_on
            ),
            date '9999-12-31'
        ) as known_to_on
    from points
),

-- Quotas of a span, added up.
held as (
    select
        min(parts.quota_key) as quota_key,
        min(parts.source_system) as source_system,
        spans.participant_id,
        spans.node,
        spans.period_start_on,
        spans.period_end_on,
        spans.known_from_on,
        spans.known_to_on,
        spans.measure,
        max(case when parts.has_own_credit then 1 else 0 end) = 1 as has_own_credit,
        min(case when parts.is_fully_ramped then 1 else 0 end) = 1 as is_fully_ramped,
        max(case when parts.is_in_seat_all_period then 1 else 0 end) = 1 as is_in_seat_all_period,
        min(parts.source_file) as source_file,
        min(parts.source_line) as source_line,
        count(*) as n_quotas,
        cast(sum(parts.full_quota_amount) as decimal(18, 4)) as full_quota_amount,
        cast(sum(parts.prorated_quota_amount) as decimal(18, 4)) as prorated_quota_amount,
        cast(sum(parts.quota_amount) as decimal(18, 4)) as quota_amount
    from spans
    inner join parts
        on
            coalesce(spans.participant_id, '') = coalesce(parts.participant_id, '')
            and coalesce(spans.node, '') = coalesce(parts.node, '')
            and spans.measure = parts.measure
            and spans.period_start_on = parts.period_start_on
            and spans.period_end_on = parts.period_end_on
            and spans.known_from_on >= parts.known_from_on
            and spans.known_from_on < parts.known_to_on
    group by
        spans.participant_id, spans.node, spans.period_start_on, spans.period_end_on,
        spans.known_from_on, spans.known_to_on, spans.measure
),

-- A seat or an assignment of which something became known that changes nothing here is no change.
compared as (
    select
        held.*,
        case
            when
                lag(held.known_to_on) over by_holder = held.known_from_on
                and lag(held.quota_key) over by_holder = held.quota_key
                and lag(held.source_file) over by_holder = held.source_file
                and lag(held.source_line) over by_holder = held.source_line
                and lag(held.n_quotas) over by_holder = held.n_quotas
                and lag(held.has_own_credit) over by_holder = held.has_own_credit
                and lag(held.is_fully_ramped) over by_holder = held.is_fully_ramped
                and lag(held.is_in_seat_all_period) over by_holder = held.is_in_seat_all_period
                and lag(held.full_quota_amount) over by_holder = held.full_quota_amount
                and lag(held.prorated_quota_amount) over by_holder = held.prorated_quota_amount
                and lag(held.quota_amount) over by_holder = held.quota_amount
                then 0
            else 1
        end as is_new
    from held
    window
        by_holder as (
            partition by
                held.participant_id,
                held.node,
                held.measure,
                held.period_start_on,
                held.period_end_on
            order by held.known_from_on
        )
),

islands as (
    select
        *,
        sum(is_new) over (
            partition by participant_id, node, measure, period_start_on, period_end_on
            order by known_from_on
            rows between unbounded preceding and current row
        ) as island
    from compared
)

select
    quota_key,
    source_system,
    participant_id,
    node,
    period_start_on,
    period_end_on,
    min(known_from_on) as known_from_on,
    max(known_to_on) as known_to_on,
    measure,
    has_own_credit,
    is_fully_ramped,
    is_in_seat_all_period,
    source_file,
    source_line,
    n_quotas,
    full_quota_amount,
    prorated_quota_amount,
    quota_amount
from islands
group by
    quota_key, source_system, participant_id, node, period_start_on, period_end_on, measure,
    has_own_credit, is_fully_ramped, is_in_seat_all_period, source_file, source_line, n_quotas,
    full_quota_amount, prorated_quota_amount, quota_amount, island
