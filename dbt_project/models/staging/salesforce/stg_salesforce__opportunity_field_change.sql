with changes as (select * from {{ source('salesforce', 'opportunity_field_history') }})

select
    'salesforce' as source_system,
    id as change_id,
    opportunity_id,
    field,
    old_value,
    new_value,
    created_by_id as changed_by,
    created_date as changed_at,
    {{ lineage() }}
from changes
