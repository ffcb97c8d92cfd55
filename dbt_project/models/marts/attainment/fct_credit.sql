with credits as (select * from {{ ref('core_credit') }}),

quotas as (select * from {{ ref('core_quota') }} where is_in_force)

select
    credits.credit_key,
    credits.opportunity_key,
    credits.source_system,
    credits.opportunity_id,
    credits.participant_id,
    quotas.quota_key,

    credits.booked_on,

    credits.measure,
    case when quotas.quota_key is null then 'no_quota' else 'in_quota' end as credit_state,

    credits.credit_amount
from credits
left join quotas
    on
        -- Quotas come from finance, deals from the CRM: sellers meet by their id.
        credits.participant_id = quotas.participant_id
        and credits.measure = quotas.measure
        and credits.booked_on >= quotas.period_start_on
        and credits.booked_on < quotas.period_end_on
