with assignments as (
    {{ known_versions('territory_assignment', ['participant_id', 'territory_id', 'valid_from']) }}
)

select
    source_system,
    territory_id,
    participant_id,
    {{ from_the_start('valid_from') }} as valid_from,
    {{ open_end('valid_to') }} as valid_to,
    known_from_on,
    known_to_on,
    territory_name,
    region,
    share_pct
from assignments
