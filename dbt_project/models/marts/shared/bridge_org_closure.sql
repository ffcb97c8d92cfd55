with closure as (
    select * from {{ ref('core_org_closure') }} where known_to_on = {{ open_end() }}
)

select
    source_system,
    ancestor_id,
    descendant_id,
    above_id,

    valid_from,
    valid_to,

    distance
from closure
