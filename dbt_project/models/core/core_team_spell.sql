with records as (select * from {{ ref('core_participant_record') }}),

assignments as (select * from {{ ref('core_territory_assignment_version') }}),

members as (select * from {{ ref('core_team_member') }} where is_primary),

people as (
    select distinct
        source_system,
        participant_id
    from records
),

-- Territories may be kept by another system than the people: they meet by the seller's id.
of_territories as (
    select
        people.source_system,
        people.participant_id,
        assignments.territory_id,
        assignments.territory_name as team,
        assignments.region,
        -- Where sellers share territories, these are not what parts the people into teams.
        case when '{{ var("territories_at_once") }}' = 'shared' then 3 else 1 end as precedence,
        coalesce(assignments.share_pct, 0) as share_pct,
        assignments.valid_from,
        assignments.valid_to,
        assignments.known_from_on,
        assignments.known_to_on
    from people
    inner join assignments on people.participant_id = assignments.participant_id
),

-- Records and memberships hold from the day they were recorded on, somebody's first also before.
statements as (
    select
        source_system,
        participant_id,
        team,
        region,
        valid_from,
        known_from_on,
        superseded_on
    from records
    where team is not null

    union all

    select
        source_system,
        participant_id,
        team_name as team,
        cast(null as varchar) as region,
        case
            when
                known_from_on
                = min(known_from_on) over (partition by source_system, participant_id)
                then {{ from_the_start() }}
            else known_from_on
        end as valid_from,
        known_from_on,
        known_to_on as superseded_on
    from members
    where team_name is not null
),

-- Until the next statement is known, the one before is known to last.
of_statements as (
    select
        source_system,
        participant_id,
        team,
        region,
        valid_from,
        {{ open_end() }} as valid_to,
        known_from_on,
        superseded_on as known_to_on
    from statements
    where known_from_on < superseded_on

    union all

    select
        source_system,
        participant_id,
        team,
        region,
        valid_from,
        superseded_on as valid_to,
        superseded_on as known_from_on,
        {{ open_end() }} as known_to_on
    from statements
    where superseded_on < {{ open_end() }}
)

select * from of_territories

union all

select
    source_system,
    participant_id,
    cast(null as varchar) as territory_id,
    team,
    region,
    2 as precedence,
    cast(0 as decimal(12, 9)) as share_pct,
    valid_from,
    valid_to,
    known_from_on,
    known_to_on
from of_statements
