with owners as (select * from {{ source('hubspot', 'owner') }}),

-- A connector may keep the membership of a team that an owner has left: the newest one counts.
memberships as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by owner_id
                order by _recorded_at desc, _extracted_at desc, team_id asc
            ) as age_rank
        from (
            {{ current_rows(source('hubspot', 'owner_team'), ['owner_id', 'team_id']) }}
        ) as known
        where is_primary
    ) as ranked
    where age_rank = 1
),

teams as (
    {{ current_rows(source('hubspot', 'team'), ['id']) }}
)

select
    'hubspot' as source_system,
    owners.id as participant_id,
    trim(
        coalesce(owners.first_name, '') || ' ' || coalesce(owners.last_name, '')
    )
        as participant_name,
    cast(null as varchar) as manager_id,
    cast(null as varchar) as manager_name,
    teams.name as team,
    cast(null as varchar) as region,
    cast(null as varchar) as title,
    {{ local_date('owners.created_at') }} as hired_on,
    owners._op = 'upsert' as is_active,
    owners._recorded_at as recorded_at,
    owners._extracted_at as extracted_at,
    owners._op as op,
    owners._batch_id as batch_id,
    owners._file as source_file,
    owners._line as source_line
from owners
left join memberships on owners.id = memberships.owner_id
left join teams on memberships.team_id = teams.id
