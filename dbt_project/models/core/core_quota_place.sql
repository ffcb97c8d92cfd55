with quotas as (select * from {{ ref('core_quota_in_force') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

in_force as (
    select
        quotas.participant_id,
        quotas.measure,
        quotas.period_start_on,
        quotas.period_end_on,
        quotas.quota_amount
    from quotas
    cross join latest_extract
    where
        quotas.participant_id is not null
        and quotas.known_from_on <= latest_extract.as_of_on
        and quotas.known_to_on > latest_extract.as_of_on
        and substring(quotas.measure, 1, 5) <> 'team_'
),

-- What was one and the same place of somebody, for the quota as it was: days with their weight.
points as (
    select
        in_force.participant_id,
        in_force.measure,
        in_force.period_start_on,
        in_force.period_end_on,
        in_force.quota_amount,
        greatest(participants.valid_from, in_force.period_start_on) as day_on,
        {{ days_between(
            'greatest(participants.valid_from, in_force.period_start_on)',
            'least(participants.valid_to, in_force.period_end_on)'
        ) }} as n_days,
        participants.team is not null as has_team,
        {{ team_node('participants.region', 'participants.team') }} as team_place,
        coalesce(participants.manager_id, participants.manager_name, '') as line_place,
        max(case when participants.team is not null then 1 else 0 end) over (
            partition by
                in_force.participant_id, in_force.measure, in_force.period_start_on,
                in_force.period_end_on
        ) as has_team_in_period
    from in_force
    inner join participants
        on
            in_force.participant_id = participants.participant_id
            and in_force.period_start_on < participants.valid_to
            and in_force.period_end_on > participants.valid_from
),

-- A quota is not of the days before somebody came to their first team.
counted_points as (
    select * from points where has_team or has_team_in_period = 0
),

-- The parts that are shown are a team's and a line's: cents are left over between these, not
-- between days on which something else of somebody changed (M6).
{% for place in ['team', 'line'] -%}
weights_by_{{ place }} as (
    select
        participant_id,
        measure,
        period_start_on,
        period_end_on,
        quota_amount,
        {{ place }}_place,
        min(day_on) as day_on,
        sum(n_days) as n_days
    from counted_points
    group by
        participant_id, measure, period_start_on, period_end_on, quota_amount, {{ place }}_place
),

quota_by_{{ place }} as (
    {{ largest_remainder(
        'weights_by_' ~ place,
        ['participant_id', 'measure', 'period_start_on', 'period_end_on'],
        'quota_amount', 'n_days', 'day_on'
    ) }}
),

{% endfor -%}

-- A quota of nobody the CRM knows has no node on any day.
quotas_of_strangers as (
    select in_force.*
    from in_force
    left join points
        on
            in_force.participant_id = points.participant_id
            and in_force.measure = points.measure
            and in_force.period_start_on = points.period_start_on
    where points.participant_id is null
)

select
    participant_id,
    measure,
    period_start_on,
    period_end_on,
    day_on,
    part_amount as quota_amount,
    cast(0 as decimal(18, 4)) as line_quota_amount
from quota_by_team

union all

select
    participant_id,
    measure,
    period_start_on,
    period_end_on,
    day_on,
    cast(0 as decimal(18, 4)) as quota_amount,
    part_amount as line_quota_amount
from quota_by_line

union all

select
    participant_id,
    measure,
    period_start_on,
    period_end_on,
    period_start_on as day_on,
    quota_amount,
    quota_amount as line_quota_amount
from quotas_of_strangers
