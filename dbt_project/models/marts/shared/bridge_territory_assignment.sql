with assignments as (select * from {{ ref('core_territory_assignment') }})

select
    source_system,
    territory_id,
    participant_id,

    valid_from,
    valid_to,

    territory_name,
    region,

    share_pct
from assignments
