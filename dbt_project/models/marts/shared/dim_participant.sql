with versions as (select * from {{ ref('core_participant_version') }})

select
    md5(participant_key || '|' || cast(valid_from as varchar)) as participant_version_key,
    participant_key,
    source_system,
    participant_id,
    manager_id,
    territory_id,

    valid_from,
    valid_to,
    hired_on,

    participant_name,
    manager_name,
    team,
    region,
    title,
    is_active,
    valid_to = date '9999-12-31' as is_latest
from versions
