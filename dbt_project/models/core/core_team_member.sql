with members as (
    {{ known_versions('team_member', ['team_id', 'participant_id']) }}
)

select
    source_system,
    team_id,
    team_name,
    participant_id,
    known_from_on,
    known_to_on,
    is_primary,
    source_file,
    source_line
from members
