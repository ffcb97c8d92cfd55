with leads as (select * from {{ source('salesforce', 'lead') }})

select
    'salesforce' as source_system,
    id as lead_id,
    lead_source,
    status,
    owner_id,
    {{ local_date('created_date') }} as created_on,
    is_converted,
    converted_date as converted_on,
    converted_opportunity_id as opportunity_id,
    is_deleted,
    {{ lineage() }}
from leads
