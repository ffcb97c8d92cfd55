with changes as (select * from {{ source('salesforce', 'opportunity_field_history') }})

select
    'salesforce' as source_system,
    id as change_id,
    opportunity_id,
    field,
    -- A close date has no time of day, whatever is written after it.
    case when field = 'CloseDate' then substring(old_value, 1, 10) else old_value end as old_value,
    case when field = 'CloseDate' then substring(new_value, 1, 10) else new_value end as new_value,
    created_by_id as changed_by,
    created_date as changed_at,
    {{ lineage() }}
from changes
