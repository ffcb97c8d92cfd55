with periods as (select * from {{ ref('core_quota_scope') }}),

statuses as (select * from {{ ref('seed_quota_status') }}),

spans as (select * from {{ ref('core_quota_span') }}),

at_points as (
    select
        periods.*,
        coalesce(spans.known_from_on, periods.known_from_on) as span_from_on,
        coalesce(spans.known_to_on, periods.known_to_on) as span_to_on
    from periods
    left join spans
        on
            periods.source_system = spans.source_system
            and periods.holder = spans.holder
            and periods.measure = spans.measure
            and periods.period_start_on = spans.period_start_on
            and periods.known_from_on <= spans.known_from_on
            and periods.known_to_on > spans.known_from_on
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
