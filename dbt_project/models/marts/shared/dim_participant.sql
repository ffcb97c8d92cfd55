with versions as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }})

select
    md5(versions.participant_key || '|' || cast(versions.valid_from as varchar))
        as participant_version_key,
    versions.participant_key,
    versions.source_system,
    versions.participant_id,
    versions.manager_id,
    versions.territory_id,

    versions.valid_from,
    versions.valid_to,
    versions.hired_on,

    versions.participant_name,
    versions.manager_name,
    versions.team,
    versions.region,
    versions.title,
    versions.is_active,
    versions.team is null as is_unassigned,
    versions.valid_from <= latest_extract.as_of_on
    and versions.valid_to > latest_extract.as_of_on as is_latest
from versions
cross join latest_extract
