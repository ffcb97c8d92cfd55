with properties as (select * from {{ source('hubspot', 'deal_property_history') }}),

deals as (
    {{ current_rows(source('hubspot', 'deal'), ['id']) }}
),

renamed_stages as (
    {{ hubspot_renamed_stages() }}
)

-- HubSpot keeps the first value as well: before it a property was empty. A stage is that of the
-- deal's pipeline.
select
    'hubspot' as source_system,
    properties.deal_id || '|' || properties.name || '|' || cast(properties.changed_at as varchar)
        as change_id,
    properties.deal_id as opportunity_id,
    properties.name as field,
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
left join deals on properties.deal_id = deals.id
left join renamed_stages
    on
        properties.name = 'dealstage'
        and properties.value = renamed_stages.stage_id
        and deals.pipeline_id = renamed_stages.pipeline_id
