with achievements as (select * from {{ ref('core_achievement') }}),

quotas as (select * from {{ ref('core_quota_in_force') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

years as (select * from {{ ref('core_fiscal_period') }} where period_type = 'year'),

calendar as (select * from {{ ref('core_calendar_day') }}),

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

-- A node's own quota may be for another period than its people's.
quota_periods as (
    select distinct
        replace(measure, 'team_', '') as measure,
        period_start_on,
        period_end_on
    from quotas
),

own_achievements as (
    select
        participant_id,
        measure,
        effective_on,
        sum(achieved_amount) as credit_amount
    from achievements
    where substring(measure, 1, 5) <> 'team_'
    group by participant_id, measure, effective_on
),

-- Every achievement is in the quota periods of its day.
in_quota_periods as (
    select
        own_achievements.*,
        quota_periods.period_start_on,
        quota_periods.period_end_on
    from own_achievements
    left join quota_periods
        on
            own_achievements.measure = quota_periods.measure
            and own_achievements.effective_on >= quota_periods.period_start_on
            and own_achievements.effective_on < quota_periods.period_end_on
),

-- Where there is none: in what quotas leave of the fiscal quarter.
days_without_quota as (
    select
        days.measure,
        days.effective_on,
        max(
            case
                when quota_periods.period_end_on <= days.effective_on
                    then quota_periods.period_end_on
            end
        ) as left_on,
        min(
            case
                when quota_periods.period_start_on > days.effective_on
                    then quota_periods.period_start_on
            end
        ) as taken_up_on
    from (
        select distinct
            measure,
            effective_on
        from in_quota_periods
        where period_start_on is null
    ) as days
    left join quota_periods on days.measure = quota_periods.measure
    group by days.measure, days.effective_on
),

dated as (
    select
        in_quota_periods.participant_id,
        in_quota_periods.measure,
        in_quota_periods.effective_on as day_on,
        coalesce(
            in_quota_periods.period_start_on,
            greatest(
                quarters.starts_on, coalesce(days_without_quota.left_on, quarters.starts_on)
            )
        ) as period_start_on,
        coalesce(
            in_quota_periods.period_end_on,
            least(
                quarters.next_starts_on,
                coalesce(days_without_quota.taken_up_on, quarters.next_starts_on)
            )
        ) as period_end_on,
        in_quota_periods.credit_amount
    from in_quota_periods
    left join days_without_quota
        on
            in_quota_periods.period_start_on is null
            and in_quota_periods.measure = days_without_quota.measure
            and in_quota_periods.effective_on = days_without_quota.effective_on
    left join calendar on days_without_quota.effective_on = calendar.day_on
    left join quarters on calendar.fiscal_quarter_key = quarters.period_key
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
        {{ node_part('participants.region') }} || '/' || {{ node_part('participants.team') }}
            as team_place,
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
),

leaves as (
    select
        participant_id,
        measure,
        period_start_on,
        period_end_on,
        day_on,
        credit_amount,
        cast(0 as decimal(18, 4)) as quota_amount,
        cast(0 as decimal(18, 4)) as line_quota_amount
    from dated

    union all

    select
        participant_id,
        measure,
        period_start_on,
        period_end_on,
        day_on,
        cast(0 as decimal(18, 4)) as credit_amount,
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
        cast(0 as decimal(18, 4)) as credit_amount,
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
        cast(0 as decimal(18, 4)) as credit_amount,
        quota_amount,
        quota_amount as line_quota_amount
    from quotas_of_strangers
),

-- Whoever came after the plan was made is planned where they came to.
first_teams as (
    select
        participant_id,
        min(valid_from) as first_on
    from participants
    where team is not null
    group by participant_id
),

planned_leaves as (
    select
        leaves.*,
        coalesce(years.starts_on, leaves.period_start_on) as plan_on
    from leaves
    left join years
        on
            leaves.period_start_on >= years.starts_on
            and leaves.period_start_on < years.next_starts_on
),

placed as (
    select
        leaves.participant_id,
        leaves.measure,
        leaves.period_start_on,
        leaves.period_end_on,
        leaves.day_on as was_on,
        latest_extract.as_of_on as is_on,
        greatest(leaves.plan_on, coalesce(first_teams.first_on, leaves.plan_on)) as planned_on,
        least({{ add_days('leaves.period_end_on', -1) }}, latest_extract.as_of_on) as seen_on,
        leaves.credit_amount,
        leaves.quota_amount,
        leaves.line_quota_amount
    from planned_leaves as leaves
    cross join latest_extract
    left join first_teams on leaves.participant_id = first_teams.participant_id
)

select
    placed.participant_id,
    placed.measure,
    placed.period_start_on,
    placed.period_end_on,
    placed.was_on,
    placed.is_on,
    placed.planned_on,
    was_in.region as was_region,
    was_in.team as was_team,
    is_in.region as is_region,
    is_in.team as is_team,
    planned_in.region as planned_region,
    planned_in.team as planned_team,
    coalesce(named.participant_name, placed.participant_id) as participant_name,
    cast(sum(placed.credit_amount) as decimal(18, 4)) as credit_amount,
    cast(sum(placed.quota_amount) as decimal(18, 4)) as quota_amount,
    cast(sum(placed.line_quota_amount) as decimal(18, 4)) as line_quota_amount
from placed
left join participants as was_in
    on
        placed.participant_id = was_in.participant_id
        and placed.was_on >= was_in.valid_from
        and placed.was_on < was_in.valid_to
left join participants as is_in
    on
        placed.participant_id = is_in.participant_id
        and placed.is_on >= is_in.valid_from
        and placed.is_on < is_in.valid_to
left join participants as planned_in
    on
        placed.participant_id = planned_in.participant_id
        and placed.planned_on >= planned_in.valid_from
        and placed.planned_on < planned_in.valid_to
-- The name of the period's last day, or of today while it runs.
left join participants as named
    on
        placed.participant_id = named.participant_id
        and placed.seen_on >= named.valid_from
        and placed.seen_on < named.valid_to
group by
    placed.participant_id, placed.measure, placed.period_start_on, placed.period_end_on,
    placed.was_on, placed.is_on, placed.planned_on,
    was_in.region, was_in.team, is_in.region, is_in.team, planned_in.region, planned_in.team,
    coalesce(named.participant_name, placed.participant_id)
