with leads as (select * from {{ ref('core_lead') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

followed as (
    select
        leads.source_system,
        coalesce(leads.lead_source, 'unknown') as lead_source,
        calendar.fiscal_month_key,
        leads.created_on is null as is_cohort_inferred,
        leads.is_converted,
        leads.opportunity_id,
        leads.cohort_on,
        leads.converted_on,
        opportunities.status as opportunity_status,
        opportunities.amount
    from leads
    left join calendar on leads.cohort_on = calendar.day_on
    left join opportunities
        on
            leads.source_system = opportunities.source_system
            and leads.opportunity_id = opportunities.opportunity_id
)

select
    md5(
        followed.source_system || '|' || followed.lead_source || '|' || followed.fiscal_month_key
    ) as lead_conversion_key,
    followed.source_system,
    followed.lead_source,
    followed.fiscal_month_key as cohort_period_key,

    max(periods.starts_on) as cohort_month_on,

    max(cast(followed.is_cohort_inferred as integer)) = 1 as has_inferred_cohort,

    count(*) as n_leads,
    cast(sum(case when followed.is_converted then 1 else 0 end) as bigint) as n_converted,
    cast(sum(case when followed.opportunity_id is not null then 1 else 0 end) as bigint)
        as n_with_opportunity,
    cast(sum(case when followed.opportunity_status = 'won' then 1 else 0 end) as bigint) as n_won,
    {{ ratio('sum(case when followed.is_converted then 1 else 0 end)', 'count(*)') }}
        as conversion_pct,
    {{ ratio("sum(case when followed.opportunity_status = 'won' then 1 else 0 end)", 'count(*)') }}
        as lead_to_won_pct,
    cast(
        coalesce(
            sum(case when followed.opportunity_status = 'won' then followed.amount end), 0
        ) as decimal(18, 4)
    ) as won_amount
from followed
left join periods on followed.fiscal_month_key = periods.period_key
group by followed.source_system, followed.lead_source, followed.fiscal_month_key
