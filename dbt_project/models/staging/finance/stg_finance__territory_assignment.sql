with territories as (select * from {{ source('finance', 'territory') }})

select
    'finance' as source_system,
    participant_id,
    territory_id,
    territory_name,
    region,
    valid_from,
    valid_to,
    share_pct,
    {{ lineage() }}
from territories
