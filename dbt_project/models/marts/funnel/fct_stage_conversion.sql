with entries as (select * from {{ ref('core_stage_entry') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

stages as (select * from {{ ref('core_stage') }} where status = 'open'),

calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

-- A deal reached every open stage up to its furthest one; a won deal reached them all.
milestones as (
    select
        opportunities.opportunity_key,
        opportunities.source_system,
        opportunities.status,
        opportunities.stage_ordinal as current_ordinal,
        opportunities.close_on
    from opportunities
),

reached as (
    select
        milestones.opportunity_key,
        milestones.source_system,
        milestones.status,
        milestones.current_ordinal,
        stages.stage,
        stages.stage_ordinal,
        min(
            case
                when entries.stage_status = 'open' and entries.stage_ordinal >= stages.stage_ordinal
                    then entries.entered_on
            end
        ) as entered_on,
        max(case when entries.stage_status = 'open' and entries.stage_ordinal >= stages.stage_ordinal then 1 else 0 end)
            as has_entry,
        max(case when entries.stage_status = 'open' and entries.stage_ordinal = stages.stage_ordinal then 1 else 0 end)
            as has_own_entry,
        max(case when entries.stage_status = 'open' and entries.stage_ordinal > stages.stage_ordinal then 1 else 0 end)
            as has_later_entry,
        max(milestones.close_on) as close_on
    from milestones
    inner join stages on milestones.source_system = stages.source_system
    left join entries on milestones.opportunity_key = entries.opportunity_key
    group by
        milestones.opportunity_key,
        milestones.source_system,
        milestones.status,
        milestones.current_ordinal,
        stages.stage,
        stages.stage_ordinal
),

-- Regression keeps the first entry; a deal won without passing here entered on the day it was won.
passed as (
    select
        reached.*,
        coalesce(
            reached.entered_on,
            case when reached.has_entry = 0 and reached.status = 'won' then reached.close_on end
        ) as cohort_day_on
    from reached
    where reached.has_entry = 1 or reached.status = 'won'
),

counted as (
    select
        passed.source_system,
        passed.stage,
        passed.stage_ordinal,
        calendar.fiscal_month_key as cohort_key,
        count(*) as n_entered,
        sum(case when passed.has_later_entry = 1 or passed.status = 'won' then 1 else 0 end) as n_advanced,
        sum(case when passed.status = 'won' then 1 else 0 end) as n_won,
        sum(
            case when passed.status = 'lost' and passed.has_later_entry = 0 then 1 else 0 end
        ) as n_lost_here,
        sum(
            case when passed.status = 'open' and passed.has_later_entry = 0 then 1 else 0 end
        ) as n_open_here,
        sum(case when passed.has_own_entry = 0 then 1 else 0 end) as n_skipped
    from passed
    left join calendar on passed.cohort_day_on = calendar.day_on
    group by passed.source_system, passed.stage, passed.stage_ordinal, calendar.fiscal_month_key
)

select
    md5(
        counted.source_system || '|' || counted.stage || '|' || coalesce(counted.cohort_key, 'unknown')
    ) as stage_conversion_key,
    counted.source_system,
    counted.stage,
    coalesce(counted.cohort_key, 'unknown') as cohort_period_key,

    periods.starts_on as cohort_month_on,

    cast(counted.stage_ordinal as integer) as stage_ordinal,

    cast(counted.n_entered as bigint) as n_entered,
    cast(counted.n_advanced as bigint) as n_advanced,
    cast(counted.n_won as bigint) as n_won,
    cast(counted.n_lost_here as bigint) as n_lost_here,
    cast(counted.n_open_here as bigint) as n_open_here,
    cast(counted.n_skipped as bigint) as n_skipped,
    {{ ratio('counted.n_advanced', 'counted.n_entered') }} as conversion_pct
from counted
left join periods on counted.cohort_key = periods.period_key
