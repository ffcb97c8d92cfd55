with delivered as (
    {{ known_versions(
        'quota', ['quota_id', 'version'],
        not_before="coalesce(" ~ local_date('approved_at') ~ ", date '1900-01-01')"
    ) }}
),

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
)

select
    md5(source_system || '|' || quota_id || '|' || coalesce(version, '')) as quota_key,
    source_system,
    quota_id,
    participant_id,
    territory_id,
    node,
    holder,
    known_from_on,
    known_to_on,
    period_start_on,
    period_ends_on as period_end_on,
    quota_on,
    approved_at,
    measure,
    version,
    status,
    declared_period,
    known_basis as basis,
    known_currency as currency,
    source_file,
    source_line,
    quota_amount as quota_amount_in_currency
from periods
