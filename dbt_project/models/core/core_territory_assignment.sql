with assignments as (
    {{ latest_versions('territory_assignment', ['participant_id', 'territory_id', 'valid_from']) }}
)

select
    source_system,
    territory_id,
    participant_id,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    territory_name,
    region
from assignments
