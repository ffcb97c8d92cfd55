with merged as (select * from {{ source('hubspot', 'merged_deal') }})

select
    'hubspot' as source_system,
    merged_deal_id as record_id,
    deal_id as survivor_id,
    {{ lineage() }}
from merged
