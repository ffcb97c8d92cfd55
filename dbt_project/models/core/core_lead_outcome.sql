with leads as (select * from {{ ref('core_lead') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

known_ids as (select * from {{ ref('core_opportunity_id') }}),

addressed as (
    {{ addressed('leads', 'known_ids', 'opportunity_id') }}
)

select
    addressed.lead_key,
    opportunities.opportunity_key,
    addressed.source_system,
    addressed.lead_id,
    addressed.opportunity_id,
    opportunities.source_system as opportunity_source_system,

    addressed.cohort_on,
    addressed.converted_on,
    case when opportunities.status = 'won' then opportunities.close_on end as won_on,

    addressed.lead_source,
    opportunities.status as opportunity_status,
    addressed.source_file,
    addressed.source_line,
    addressed.created_on is null as is_cohort_inferred,
    addressed.is_converted,
    addressed.is_opportunity_ambiguous,
    addressed.opportunity_id is not null
    and opportunities.opportunity_key is null
    and not addressed.is_opportunity_ambiguous as is_opportunity_unknown,

    case when opportunities.status = 'won' then opportunities.amount end as won_amount
from addressed
left join opportunities
    on
        addressed.opportunity_system = opportunities.source_system
        and addressed.opportunity_id = opportunities.opportunity_id
