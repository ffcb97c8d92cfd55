with deals as (select * from {{ source('hubspot', 'deal') }}),

companies as (
    {{ hubspot_companies_of_deals() }}
),

renamed_stages as (
    {{ hubspot_renamed_stages() }}
)

select
    'hubspot' as source_system,
    deals.id as opportunity_id,
    deals.name as opportunity_name,
    companies.company_id as account_id,
    deals.owner_id,
    coalesce(renamed_stages.stage_value, deals.stage_id) as stage_value,
    deals.forecast_category as forecast_category_value,
    deals.deal_type as opportunity_type,
    deals.source as lead_source,
    deals.next_step,
    deals.amount,
    deals.currency,
    deals.probability as probability_pct,
    {{ local_date('deals.created_at') }} as created_on,
    {{ local_date('deals.closed_at') }} as close_on,
    false as is_deleted,
    deals._recorded_at as recorded_at,
    deals._extracted_at as extracted_at,
    deals._op as op,
    deals._batch_id as batch_id,
    deals._file as source_file,
    deals._line as source_line
from deals
-- The company as the extract has it that the deal came with; one that comes later is a change.
left join companies
    on
        deals.id = companies.deal_id
        and deals._extracted_at >= companies.said_from
        and deals._extracted_at < companies.said_to
left join renamed_stages
    on
        deals.stage_id = renamed_stages.stage_id
        and deals.pipeline_id = renamed_stages.pipeline_id
