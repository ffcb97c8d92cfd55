{{ config(materialized='view') }}

with members as (
    {{ latest_versions('team_member', ['team_id', 'participant_id']) }}
)

select
    source_system,
    team_id,
    team_name,
    participant_id,
    is_primary,
    source_file,
    source_line
from members
