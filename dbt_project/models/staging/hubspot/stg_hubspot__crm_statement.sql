with deals as (select * from {{ source('hubspot', 'deal') }})

select
    'hubspot' as source_system,
    id as opportunity_id,
    {{ local_date('closed_at') }} as close_on,
    created_at,
    {{ lineage() }}
from deals
