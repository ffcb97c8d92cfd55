with leads as (select * from {{ ref('core_lead') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

known_ids as (select * from {{ ref('core_opportunity_id') }}),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity'),

addressed as (
    {{ addressed('leads', 'known_ids', 'opportunity_id', 'opportunity_merges') }}
),

-- Several leads may have become one deal: its value is there once, with the lead converted first
-- (M44).
ranked as (
    select
        addressed.*,
        opportunities.opportunity_key,
        opportunities.source_system as opportunity_source_system,
        opportunities.status as opportunity_status,
        opportunities.close_on,
        opportunities.amount,
        row_number() over (
            partition by opportunities.opportunity_key
            order by
                addressed.converted_on asc nulls last,
                addressed.cohort_on asc nulls last,
                addressed.source_system asc,
                addressed.lead_id asc
        ) as lead_rank
    from addressed
    left join opportunities
        on
            addressed.opportunity_system = opportunities.source_system
            and addressed.surviving_opportunity_id = opportunities.opportunity_id
)

select
    lead_key,
    opportunity_key,
    source_system,
    lead_id,
    surviving_opportunity_id as opportunity_id,
    opportunity_source_system,

    cohort_on,
    converted_on,
    case when opportunity_status = 'won' then close_on end as won_on,

    lead_source,
    opportunity_status,
    source_file,
    source_line,
    created_on is null as is_cohort_inferred,
    is_converted,
    is_opportunity_ambiguous,
    opportunity_id is not null
    and opportunity_key is null
    and not is_opportunity_ambiguous as is_opportunity_unknown,

    case when opportunity_status = 'won' and lead_rank = 1 then amount end as won_amount
from ranked
