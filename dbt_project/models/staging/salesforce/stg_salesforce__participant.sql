with users as (
    {{ rows_as_said(source('salesforce', 'user'), ['id']) }}
),

roles as (
    {{ rows_as_said(source('salesforce', 'user_role'), ['id']) }}
),

-- A role says what somebody is; only by the company file is it a team as well, and its parent the
-- region, each by the name it had at the time.
teams as (
    select
        roles.id,
        case when roles._op = 'upsert' then roles.name end as team,
        case when parents._op = 'upsert' then parents.name end as region,
        greatest(roles.said_from, coalesce(parents.said_from, roles.said_from)) as said_from,
        least(roles.said_to, coalesce(parents.said_to, roles.said_to)) as said_to,
        case
            when parents.said_from > roles.said_from then parents._extracted_at
            else roles._extracted_at
        end as extracted_at
    from roles
    left join roles as parents
        on
            roles.parent_role_id = parents.id
            and roles.said_from < parents.said_to
            and roles.said_to > parents.said_from
    where {{ var('roles_are_teams') }}
)

select
    'salesforce' as source_system,
    users.id as participant_id,
    coalesce(
        nullif(trim(coalesce(users.first_name, '') || ' ' || coalesce(users.last_name, '')), ''),
        users.id
    ) as participant_name,
    users.manager_id,
    teams.team,
    teams.region,
    users.title,
    {{ local_date('users.created_date') }} as hired_on,
    users.is_active,
    greatest(users._recorded_at, coalesce(teams.said_from, users._recorded_at)) as recorded_at,
    case
        when teams.said_from > users._recorded_at
            then greatest(users._extracted_at, teams.extracted_at)
        else users._extracted_at
    end as extracted_at,
    users._op as op,
    users._batch_id as batch_id,
    users._file as source_file,
    users._line as source_line
from users
left join teams
    on
        users.user_role_id = teams.id
        and users._recorded_at < teams.said_to
        and users.said_to > teams.said_from
