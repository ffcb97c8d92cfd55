with passages as (select * from {{ ref('core_stage_passage') }}),

horizons as (select * from {{ ref('core_cohort_horizon') }} where outcome = 'stage_left'),

spans as (select * from {{ ref('core_observed_span') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

counted as (
    select
        passages.source_system,
        passages.stage,
        passages.stage_ordinal,
        calendar.fiscal_month_key as cohort_key,
        count(*) as n_entered,
        sum(case when passages.has_advanced then 1 else 0 end) as n_advanced,
        sum(case when passages.status = 'won' then 1 else 0 end) as n_won,
        sum(case when passages.is_lost_here then 1 else 0 end) as n_lost_here,
        sum(case when passages.is_open_here then 1 else 0 end) as n_open_here,
        sum(case when passages.has_own_entry then 0 else 1 end) as n_skipped
    from passages
    left join calendar on passages.entered_on = calendar.day_on
    group by
        passages.source_system,
        passages.stage,
        passages.stage_ordinal,
        calendar.fiscal_month_key
),

judged as (
    select
        counted.*,
        periods.starts_on,
        horizons.horizon_days,
        {{ is_left_truncated('periods.starts_on', 'spans.first_observed_on') }}
            as is_left_truncated,
        {{ is_mature(
            'periods.next_starts_on', 'horizons.horizon_days', 'latest_extract.as_of_on'
        ) }} as is_mature
    from counted
    cross join latest_extract
    left join periods on counted.cohort_key = periods.period_key
    left join spans on counted.source_system = spans.source_system
    left join horizons
        on
            counted.source_system = horizons.source_system
            and counted.stage = horizons.stage
)

select
    md5(source_system || '|' || stage || '|' || coalesce(cohort_key, '')) as stage_conversion_key,
    source_system,
    stage,
    cohort_key as cohort_period_key,

    starts_on as cohort_month_on,

    cast(stage_ordinal as integer) as stage_ordinal,
    is_left_truncated,
    is_mature,

    cast(horizon_days as bigint) as horizon_days,
    cast(n_entered as bigint) as n_entered,
    cast(n_advanced as bigint) as n_advanced,
    cast(n_won as bigint) as n_won,
    cast(n_lost_here as bigint) as n_lost_here,
    cast(n_open_here as bigint) as n_open_here,
    cast(n_skipped as bigint) as n_skipped,
    cast(n_entered - n_open_here as bigint) as n_decided,
    case
        when is_mature and not is_left_truncated then {{ ratio('n_advanced', 'n_entered') }}
    end as conversion_pct,
    case
        when not is_left_truncated then {{ ratio('n_advanced', 'n_entered - n_open_here') }}
    end as decided_conversion_pct
from judged
