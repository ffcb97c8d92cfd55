with memberships as (select * from {{ source('hubspot', 'owner_team') }}),

teams as (
    {{ current_rows(source('hubspot', 'team'), ['id']) }}
)

select
    'hubspot' as source_system,
    memberships.team_id,
    teams.name as team_name,
    memberships.owner_id as participant_id,
    memberships.is_primary,
    memberships._recorded_at as recorded_at,
    memberships._extracted_at as extracted_at,
    memberships._op as op,
    memberships._batch_id as batch_id,
    memberships._file as source_file,
    memberships._line as source_line
from memberships
left join teams on memberships.team_id = teams.id
