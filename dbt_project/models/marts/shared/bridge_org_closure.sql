with closure as (select * from {{ ref('core_org_closure') }})

select
    source_system,
    ancestor_id,
    descendant_id,
    above_id,

    valid_from,
    valid_to,

    distance
from closure
