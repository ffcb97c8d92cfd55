with delivered as (
    {{ known_versions(
        'quota', ['quota_id', 'version'],
        not_before="coalesce(" ~ local_date('approved_at') ~ ", date '1900-01-01')"
    ) }}
),

windows as (select * from {{ ref('core_quota_window') }}),

-- A start that was a holder's before a correction may still be another's.
windows_of_others as (
    select
        source_system,
        version,
        measure,
        quota_on,
        min(window_end_on) as window_end_on
    from windows
    group by source_system, version, measure, quota_on
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
        coalesce(
            delivered.declared_end_on, delivered.period_end_on, windows.window_end_on,
            windows_of_others.window_end_on
        )
        {%- else -%}
        delivered.quota_on as period_start_on,
        coalesce(
            delivered.period_end_on, windows.window_end_on, windows_of_others.window_end_on
        )
        {%- endif %} as period_ends_on
    from delivered
    left join windows
        on
            delivered.source_system = windows.source_system
            and coalesce(delivered.version, '') = windows.version
            and delivered.measure = windows.measure
            and coalesce(delivered.participant_id, delivered.territory_id, delivered.node, '')
            = windows.holder_id
            and delivered.quota_on = windows.quota_on
    left join windows_of_others
        on
            delivered.source_system = windows_of_others.source_system
            and coalesce(delivered.version, '') = windows_of_others.version
            and delivered.measure = windows_of_others.measure
            and delivered.quota_on = windows_of_others.quota_on
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
    coalesce(is_of_team_if_leading, false) as is_of_team_if_leading,
    currency,
    source_file,
    source_line,
    quota_amount as quota_amount_in_currency
from periods
