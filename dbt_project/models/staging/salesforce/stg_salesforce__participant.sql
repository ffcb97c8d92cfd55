with users as (select * from {{ source('salesforce', 'user') }}),

roles as (
    {{ current_rows(source('salesforce', 'user_role'), ['id']) }}
)

select
    'salesforce' as source_system,
    users.id as participant_id,
    trim(
        coalesce(users.first_name, '') || ' ' || coalesce(users.last_name, '')
    ) as participant_name,
    users.manager_id,
    cast(null as varchar) as manager_name,
    -- A role says what somebody is; only by the company file is it a team as well.
    case when {{ var('roles_are_teams') }} then roles.name end as team,
    case when {{ var('roles_are_teams') }} then parents.name end as region,
    users.title,
    {{ local_date('users.created_date') }} as hired_on,
    users.is_active,
    users._recorded_at as recorded_at,
    users._extracted_at as extracted_at,
    users._op as op,
    users._batch_id as batch_id,
    users._file as source_file,
    users._line as source_line
from users
left join roles on users.user_role_id = roles.id
left join roles as parents on roles.parent_role_id = parents.id
