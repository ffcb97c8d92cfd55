with versions as (select * from {{ ref('core_participant_version') }})

select
    md5(
        participant_key || '|' || cast(valid_from as varchar) || '|'
        || cast(known_from_on as varchar)
    ) as participant_as_known_key,
    participant_key,
    source_system,
    participant_id,
    manager_id,
    territory_id,

    valid_from,
    valid_to,
    known_from_on,
    known_to_on,
    hired_on,

    participant_name,
    manager_name,
    team,
    region,
    title,
    is_active,
    team is null as is_unassigned
from versions
