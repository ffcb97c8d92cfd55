with leads as (select * from {{ ref('core_lead') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

versions as (select * from {{ ref('core_opportunity_version') }}),

-- A deal that was deleted keeps its id: another system's deal of that id is another deal.
known_ids as (
    select distinct
        source_system,
        opportunity_id
    from versions
),

systems_of_id as (
    select
        opportunity_id,
        count(*) as n_systems,
        min(source_system) as only_system
    from known_ids
    group by opportunity_id
),

-- A lead names a deal of its own system, or else of the only system that knows the id.
addressed as (
    select
        leads.*,
        case
            when own_ids.opportunity_id is not null then leads.source_system
            when systems_of_id.n_systems = 1 then systems_of_id.only_system
        end as opportunity_system,
        coalesce(own_ids.opportunity_id is null and systems_of_id.n_systems > 1, false)
            as is_opportunity_ambiguous
    from leads
    left join known_ids as own_ids
        on
            leads.source_system = own_ids.source_system
            and leads.opportunity_id = own_ids.opportunity_id
    left join systems_of_id on leads.opportunity_id = systems_of_id.opportunity_id
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
