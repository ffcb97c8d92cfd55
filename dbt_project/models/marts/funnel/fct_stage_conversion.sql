with entries as (select * from {{ ref('core_stage_entry') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

stages as (select * from {{ ref('core_stage') }} where status = 'open'),

calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

-- Stages a deal was seen in, by the open ones; where it was closed says its own status.
open_entries as (
    select
        opportunity_key,
        stage_ordinal,
        entered_on
    from entries
    where stage_status = 'open'
),

-- A deal reached every open stage up to its furthest one; a won deal reached them all.
reached as (
    select
        opportunities.opportunity_key,
        opportunities.source_system,
        opportunities.status,
        opportunities.close_on,
        stages.stage,
        stages.stage_ordinal,
        min(
            case
                when open_entries.stage_ordinal >= stages.stage_ordinal
                    then open_entries.entered_on
            end
        ) as entered_on,
        count(
            case when open_entries.stage_ordinal >= stages.stage_ordinal then 1 end
        ) > 0 as has_entry,
        count(
            case when open_entries.stage_ordinal = stages.stage_ordinal then 1 end
        ) > 0 as has_own_entry,
        count(
            case when open_entries.stage_ordinal > stages.stage_ordinal then 1 end
        ) > 0 as has_later_entry
    from opportunities
    inner join stages on opportunities.source_system = stages.source_system
    left join open_entries on opportunities.opportunity_key = open_entries.opportunity_key
    group by
        opportunities.opportunity_key,
        opportunities.source_system,
        opportunities.status,
        opportunities.close_on,
        stages.stage,
        stages.stage_ordinal
),

-- Regression keeps the first entry; a deal won without passing here entered on the day it was won.
passed as (
    select
        reached.*,
        coalesce(
            reached.entered_on,
            case when not reached.has_entry and reached.status = 'won' then reached.close_on end
        ) as cohort_day_on
    from reached
    where reached.has_entry or reached.status = 'won'
),

counted as (
    select
        passed.source_system,
        passed.stage,
        passed.stage_ordinal,
        calendar.fiscal_month_key as cohort_key,
        count(*) as n_entered,
        sum(
            case when passed.has_later_entry or passed.status = 'won' then 1 else 0 end
        ) as n_advanced,
        sum(case when passed.status = 'won' then 1 else 0 end) as n_won,
        sum(
            case when passed.status = 'lost' and not passed.has_later_entry then 1 else 0 end
        ) as n_lost_here,
        sum(
            case when passed.status = 'open' and not passed.has_later_entry then 1 else 0 end
        ) as n_open_here,
        sum(case when not passed.has_own_entry then 1 else 0 end) as n_skipped
    from passed
    left join calendar on passed.cohort_day_on = calendar.day_on
    group by passed.source_system, passed.stage, passed.stage_ordinal, calendar.fiscal_month_key
)

select
    md5(
        counted.source_system
        || '|' || counted.stage
        || '|' || coalesce(counted.cohort_key, 'unknown')
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
