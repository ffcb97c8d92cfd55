with delivered as (
    {{ known_versions(
        'quota', ['quota_id', 'version'],
        not_before="coalesce(" ~ local_date('approved_at') ~ ", date '1900-01-01')"
    ) }}
),

windows as (select * from {{ ref('core_quota_window') }}),

periods as (
    select
        delivered.*,
        greatest(
            delivered.known_from_on,
            coalesce(windows.calendar_from_on, delivered.known_from_on)
        ) as period_known_from_on,
        least(
            delivered.known_to_on, coalesce(windows.calendar_to_on, delivered.known_to_on)
        ) as period_known_to_on,
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
            delivered.declared_end_on, delivered.period_end_on, windows.window_end_on
        )
        {%- else -%}
        delivered.quota_on as period_start_on,
        coalesce(delivered.period_end_on, windows.window_end_on)
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
            and delivered.period_end_on is null
            and delivered.known_from_on < windows.calendar_to_on
            and delivered.known_to_on > windows.calendar_from_on
)

select
    md5(source_system || '|' || quota_id || '|' || coalesce(version, '')) as quota_key,
    source_system,
    quota_id,
    participant_id,
    territory_id,
    node,
    holder,
    period_known_from_on as known_from_on,
    period_known_to_on as known_to_on,
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
