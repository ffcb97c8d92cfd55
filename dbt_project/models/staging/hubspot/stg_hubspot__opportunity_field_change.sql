with properties as (select * from {{ source('hubspot', 'deal_property_history') }}),

deals as (
    {{ rows_as_said(source('hubspot', 'deal'), ['id']) }}
),

pipelines as (
    {{ hubspot_pipelines_of_deals() }}
),

all_deals as (select * from {{ source('hubspot', 'deal') }}),

companies as (
    {{ hubspot_companies_of_deals() }}
),

renamed_stages as (
    {{ hubspot_renamed_stages() }}
)

-- HubSpot keeps the first value as well: before it a property was empty. A stage is that of the
-- pipeline the deal was in then, or else in when the change was delivered.
select
    'hubspot' as source_system,
    properties.deal_id || '|' || properties.name || '|' || cast(properties.changed_at as varchar)
        as change_id,
    properties.deal_id as opportunity_id,
    properties.name as field,
    cast(null as varchar) as old_value,
    coalesce(renamed_stages.stage_value, properties.value) as new_value,
    properties.source_id as changed_by,
    properties.changed_at,
    properties._recorded_at as recorded_at,
    properties._extracted_at as extracted_at,
    properties._op as op,
    properties._batch_id as batch_id,
    properties._file as source_file,
    properties._line as source_line
from properties
left join deals
    on
        properties.deal_id = deals.id
        and properties._recorded_at >= deals.said_from
        and properties._recorded_at < deals.said_to
left join pipelines
    on
        properties.deal_id = pipelines.deal_id
        and properties.changed_at >= pipelines.from_at
        and properties.changed_at < pipelines.to_at
left join renamed_stages
    on
        properties.name = 'dealstage'
        and properties.value = renamed_stages.stage_id
        and coalesce(pipelines.pipeline_id, deals.pipeline_id) = renamed_stages.pipeline_id

union all

-- Another company of a deal that did not come with the same extract, where it says so itself.
select
    'hubspot' as source_system,
    companies.deal_id || '|company|' || cast(companies.said_from as varchar) as change_id,
    companies.deal_id as opportunity_id,
    'company' as field,
    companies.was_company_id as old_value,
    companies.company_id as new_value,
    cast(null as varchar) as changed_by,
    companies.said_from as changed_at,
    companies.said_from as recorded_at,
    companies._extracted_at as extracted_at,
    'upsert' as op,
    companies._batch_id as batch_id,
    companies._file as source_file,
    companies._line as source_line
from companies
left join all_deals
    on
        companies.deal_id = all_deals.id
        and companies._extracted_at = all_deals._extracted_at
where
    companies.said_from > cast('1900-01-01 00:00:00' as timestamp)
    and all_deals.id is null
    and coalesce(companies.company_id, '') <> coalesce(companies.was_company_id, '')
