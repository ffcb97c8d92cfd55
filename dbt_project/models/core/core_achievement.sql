with own as (select * from {{ ref('core_own_achievement') }}),

of_teams as (select * from {{ ref('core_team_achievement') }}),

achievements as (
    select * from own
    union all
    select * from of_teams
)

select
    md5(
        participant_id || '|' || measure || '|' || cast(effective_on as varchar) || '|'
        || cast(recorded_on as varchar) || '|' || cause
    ) as achievement_key,
    participant_id,

    effective_on,
    recorded_on,

    measure,
    cause,

    cast(n_bookings as bigint) as n_bookings,
    cast(amount as decimal(18, 4)) as achieved_amount
from achievements
where effective_on is not null
