with memberships as (
    {{ rows_as_said(source('hubspot', 'owner_team'), ['owner_id', 'team_id']) }}
),

teams as (
    {{ rows_as_said(source('hubspot', 'team'), ['id']) }}
)

-- A team that is renamed is another version of all its memberships.
select
    'hubspot' as source_system,
    memberships.team_id,
    case when teams._op = 'upsert' then teams.name end as team_name,
    memberships.owner_id as participant_id,
    memberships.is_primary,
    greatest(memberships._recorded_at, coalesce(teams.said_from, memberships._recorded_at))
        as recorded_at,
    greatest(
        memberships._extracted_at,
        case
            when teams.said_from > memberships._recorded_at then teams._extracted_at
            else memberships._extracted_at
        end
    ) as extracted_at,
    memberships._op as op,
    memberships._batch_id as batch_id,
    memberships._file as source_file,
    memberships._line as source_line
from memberships
left join teams
    on
        memberships.team_id = teams.id
        and memberships._recorded_at < teams.said_to
        and memberships.said_to > teams.said_from
