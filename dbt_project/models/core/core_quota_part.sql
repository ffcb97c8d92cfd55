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

territory_ranges as (
    {{ ranges_between(
        'territory_points', ['quota_key', 'quota_from_on'],
        starts='span_from_on', ends='span_to_on', last_end='null'
    ) }}
),

territory_spans as (
    select
        territory_ranges.quota_key,
        territory_ranges.quota_from_on,
        territory_ranges.span_from_on as point_on,
        coalesce(territory_ranges.span_to_on, quotas.known_to_on) as next_point_on
    from territory_ranges
    inner join quotas
        on
            territory_ranges.quota_key = quotas.quota_key
            and territory_ranges.quota_from_on = quotas.known_from_on
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
)

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
