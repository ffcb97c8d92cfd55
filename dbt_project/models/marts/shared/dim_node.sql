with versions as (select * from {{ ref('core_participant_version') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

lines as (select * from {{ ref('core_org_closure') }}),

deals as (select * from {{ ref('core_opportunity_version') }}),

quotas as (select * from {{ ref('core_quota_in_force') }}),

achievements as (select * from {{ ref('core_achievement') }}),

-- Everybody a number can be of, whether or not a system delivers people.
people as (
    select participant_id from versions
    union
    select coalesce(owner_id, 'unassigned') as participant_id from deals
    union
    select coalesce(participant_id, 'unassigned') as participant_id from quotas
    union
    select participant_id from achievements
),

leaders as (
    select ancestor_id as participant_id from lines
    union
    select participant_id from quotas
    where participant_id is not null and substring(measure, 1, 5) = 'team_'
),

-- The name of today, or the last one there was.
ranked_names as (
    select
        versions.participant_id,
        versions.participant_name,
        row_number() over (
            partition by versions.participant_id
            order by
                case when versions.valid_from <= latest_extract.as_of_on then 0 else 1 end,
                versions.valid_from desc,
                versions.source_system asc
        ) as name_rank
    from versions
    cross join latest_extract
    where versions.known_to_on = {{ open_end() }} and versions.participant_name is not null
),

names as (
    select
        participant_id,
        participant_name
    from ranked_names
    where name_rank = 1
),

teams as (
    select
        region,
        team
    from versions
    union
    select
        cast(null as varchar) as region,
        cast(null as varchar) as team
    from latest_extract
),

nodes as (
    select
        'company' as node_key,
        'company' as node_type,
        cast(null as varchar) as region,
        cast(null as varchar) as team,
        cast(null as varchar) as participant_id,
        'company' as node_name,
        false as is_unassigned
    from latest_extract

    union all

    select distinct
        {{ region_node('region') }} as node_key,
        'region' as node_type,
        region,
        cast(null as varchar) as team,
        cast(null as varchar) as participant_id,
        coalesce(region, 'unassigned') as node_name,
        region is null as is_unassigned
    from teams

    union all

    select
        {{ team_node('region', 'team') }} as node_key,
        'team' as node_type,
        region,
        team,
        cast(null as varchar) as participant_id,
        coalesce(team, 'unassigned') as node_name,
        team is null as is_unassigned
    from teams

    union all

    select
        {{ participant_node('people.participant_id') }} as node_key,
        'participant' as node_type,
        cast(null as varchar) as region,
        cast(null as varchar) as team,
        people.participant_id,
        coalesce(names.participant_name, people.participant_id) as node_name,
        people.participant_id = 'unassigned' as is_unassigned
    from people
    left join names on people.participant_id = names.participant_id

    union all

    select
        {{ manager_node('leaders.participant_id') }} as node_key,
        'manager' as node_type,
        cast(null as varchar) as region,
        cast(null as varchar) as team,
        leaders.participant_id,
        coalesce(names.participant_name, leaders.participant_id) as node_name,
        leaders.participant_id = 'unassigned' as is_unassigned
    from leaders
    left join names on leaders.participant_id = names.participant_id
)

select
    node_key,
    participant_id,

    node_type,
    node_name,
    region,
    team,
    is_unassigned
from nodes
