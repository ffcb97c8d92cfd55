with merged as (select * from {{ source('hubspot', 'contact_merge_audit') }})

select
    'hubspot' as source_system,
    'contact' as object_name,
    merged_contact_id as record_id,
    contact_id as survivor_id,
    {{ lineage() }}
from merged
