with achievements as (select * from {{ ref('core_achievement') }}),

quotas as (select * from {{ ref('core_quota_in_force') }}),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

calendar as (select * from {{ ref('core_calendar_day') }}),

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
)

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
