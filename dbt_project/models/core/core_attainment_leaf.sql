with achievements as (select * from {{ ref('core_achievement_period') }}),

quotas as (select * from {{ ref('core_quota_place') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

years as (select * from {{ ref('core_fiscal_period') }} where period_type = 'year'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

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
    from achievements

    union all

    select
        participant_id,
        measure,
        period_start_on,
        period_end_on,
        day_on,
        cast(0 as decimal(18, 4)) as credit_amount,
        quota_amount,
        line_quota_amount
    from quotas
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
