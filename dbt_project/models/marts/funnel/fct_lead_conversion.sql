with leads as (select * from {{ ref('core_lead_outcome') }}),

horizons as (select * from {{ ref('core_cohort_horizon') }}),

spans as (
    select * from {{ ref('core_observed_span') }} where first_observed_on < {{ open_end() }}
),

calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

-- Where no system that keeps deals has booked one, nothing has been observed.
first_of_all as (
    select min(first_observed_on) as first_observed_on from {{ ref('core_observed_span') }}
),

counted as (
    select
        leads.source_system,
        leads.lead_source,
        calendar.fiscal_month_key,
        max(case when leads.is_cohort_inferred then 1 else 0 end) = 1 as has_inferred_cohort,
        count(*) as n_leads,
        sum(case when leads.is_converted then 1 else 0 end) as n_converted,
        sum(case when leads.opportunity_id is not null then 1 else 0 end) as n_with_opportunity,
        sum(case when leads.is_opportunity_ambiguous then 1 else 0 end)
            as n_ambiguous_opportunity,
        sum(case when leads.is_opportunity_unknown then 1 else 0 end) as n_unknown_opportunity,
        sum(case when leads.opportunity_status in ('won', 'lost') then 1 else 0 end) as n_closed,
        sum(case when leads.opportunity_status = 'won' then 1 else 0 end) as n_won,
        coalesce(sum(leads.won_amount), 0) as won_amount
    from leads
    left join calendar on leads.cohort_on = calendar.day_on
    group by leads.source_system, leads.lead_source, calendar.fiscal_month_key
),

-- A system that keeps no deals, or has never booked one, follows them in the systems that do.
judged as (
    select
        counted.*,
        periods.starts_on,
        to_converted.horizon_days,
        to_won.horizon_days as won_horizon_days,
        {{ is_left_truncated(
            'periods.starts_on',
            'coalesce(own_span.first_observed_on, first_of_all.first_observed_on)'
        ) }} as is_left_truncated,
        {{ is_mature(
            'periods.next_starts_on', 'to_converted.horizon_days', 'latest_extract.as_of_on'
        ) }} as is_mature,
        {{ is_mature(
            'periods.next_starts_on', 'to_won.horizon_days', 'latest_extract.as_of_on'
        ) }} as is_won_mature
    from counted
    cross join latest_extract
    cross join first_of_all
    left join periods on counted.fiscal_month_key = periods.period_key
    left join spans as own_span on counted.source_system = own_span.source_system
    left join horizons as to_converted
        on
            counted.source_system = to_converted.source_system
            and to_converted.outcome = 'converted'
    left join horizons as to_won
        on
            counted.source_system = to_won.source_system
            and to_won.outcome = 'won'
)

select
    md5(source_system || coalesce('|' || lead_source, '') || '|' || fiscal_month_key)
        as lead_conversion_key,
    source_system,
    lead_source,
    fiscal_month_key as cohort_period_key,

    starts_on as cohort_month_on,

    lead_source is null as is_source_missing,
    has_inferred_cohort,
    is_left_truncated,
    is_mature,
    is_won_mature,

    cast(horizon_days as bigint) as horizon_days,
    cast(won_horizon_days as bigint) as won_horizon_days,
    n_leads,
    cast(n_converted as bigint) as n_converted,
    cast(n_with_opportunity as bigint) as n_with_opportunity,
    cast(n_ambiguous_opportunity as bigint) as n_ambiguous_opportunity,
    cast(n_unknown_opportunity as bigint) as n_unknown_opportunity,
    cast(n_closed as bigint) as n_closed,
    cast(n_won as bigint) as n_won,
    case
        when is_mature and not is_left_truncated then {{ ratio('n_converted', 'n_leads') }}
    end as conversion_pct,
    case
        when is_won_mature and not is_left_truncated then {{ ratio('n_won', 'n_leads') }}
    end as lead_to_won_pct,
    cast(won_amount as decimal(18, 4)) as won_amount
from judged
