with periods as (select * from {{ ref('core_quota_period') }}),

people as (
    {{ known_versions('participant', ['participant_id']) }}
),

-- Days on which somebody was known to have people who report to them.
leaders as (
    select distinct
        manager_id as participant_id,
        known_from_on as valid_from,
        known_to_on as valid_to
    from people
    where manager_id <> participant_id and coalesce(is_active, true)
),

-- Leaders who sell on a quota of their own, by the company file.
personal as (
    {%- for participant_id in var('personal_quotas') %}
    select {{ text_literal(participant_id) }} as participant_id
    union all
    {%- endfor %}
    select cast(null as varchar) as participant_id
),

-- Known ranges of a quota on which its holder was known to lead in its period, where the source has
-- such a quota be the team's and the company does not say that it is their own (M82).
of_teams as (
    select distinct
        periods.quota_key,
        periods.known_from_on as quota_known_from_on,
        greatest(periods.known_from_on, leaders.valid_from) as from_on,
        case
            when leaders.valid_to > periods.period_start_on then periods.known_to_on
            else least(periods.known_to_on, leaders.valid_to)
        end as to_on
    from periods
    inner join leaders
        on
            periods.participant_id = leaders.participant_id
            and periods.period_end_on > leaders.valid_from
    left join personal on periods.participant_id = personal.participant_id
    where
        periods.is_of_team_if_leading
        and periods.known_to_on > leaders.valid_from
        and (
            leaders.valid_to > periods.period_start_on
            or leaders.valid_to > periods.known_from_on
        )
        and personal.participant_id is null
),

points as (
    select
        quota_key,
        known_from_on as quota_known_from_on,
        known_from_on as point_on
    from periods

    union

    select
        quota_key,
        quota_known_from_on,
        from_on as point_on
    from of_teams

    union

    select
        of_teams.quota_key,
        of_teams.quota_known_from_on,
        of_teams.to_on as point_on
    from of_teams
    inner join periods
        on
            of_teams.quota_key = periods.quota_key
            and of_teams.quota_known_from_on = periods.known_from_on
            and of_teams.to_on < periods.known_to_on
),

spans as (
    {{ ranges_between(
        'points', ['quota_key', 'quota_known_from_on'], starts='span_from_on', ends='span_to_on',
        last_end='null'
    ) }}
),

scoped as (
    select
        spans.quota_key,
        spans.quota_known_from_on,
        spans.span_from_on,
        spans.span_to_on,
        count(of_teams.quota_key) > 0 as is_of_team
    from spans
    left join of_teams
        on
            spans.quota_key = of_teams.quota_key
            and spans.quota_known_from_on = of_teams.quota_known_from_on
            and spans.span_from_on >= of_teams.from_on
            and spans.span_from_on < of_teams.to_on
    group by spans.quota_key, spans.quota_known_from_on, spans.span_from_on, spans.span_to_on
)

select
    periods.quota_key,
    periods.source_system,
    periods.quota_id,
    periods.participant_id,
    periods.territory_id,
    periods.node,
    periods.holder,
    periods.known_from_on as quota_known_from_on,
    scoped.span_from_on as known_from_on,
    coalesce(scoped.span_to_on, periods.known_to_on) as known_to_on,
    periods.period_start_on,
    periods.period_end_on,
    periods.quota_on,
    periods.approved_at,
    case when scoped.is_of_team then 'team_' || periods.measure else periods.measure end
        as measure,
    periods.version,
    periods.status,
    periods.declared_period,
    periods.basis,
    scoped.is_of_team as has_own_credit,
    periods.currency,
    periods.source_file,
    periods.source_line,
    periods.quota_amount_in_currency
from periods
inner join scoped
    on
        periods.quota_key = scoped.quota_key
        and periods.known_from_on = scoped.quota_known_from_on
