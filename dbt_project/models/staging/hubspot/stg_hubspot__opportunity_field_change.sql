with properties as (select * from {{ source('hubspot', 'deal_property_history') }})

-- HubSpot keeps the first value as well: before it a property was empty.
select
    'hubspot' as source_system,
    deal_id || '|' || name || '|' || cast(changed_at as varchar) as change_id,
    deal_id as opportunity_id,
    name as field,
    cast(null as varchar) as old_value,
    value as new_value,
    source_id as changed_by,
    changed_at,
    {{ lineage() }}
from properties
