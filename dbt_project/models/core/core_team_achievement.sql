{{ config(materialized='view') }}

with own as (select * from {{ ref('core_own_achievement') }}),

closure as (select * from {{ ref('core_org_closure') }}),

quotas as (select * from {{ ref('core_quota_in_force') }}),

wanted_of_teams as (
    select
        measure,
        min(known_from_on) as known_from_on
    from quotas
    where substring(measure, 1, 5) = 'team_'
    group by measure
),

-- Whose quota on a team is on their own achievements as well, by the convention of its source.
wanted_with_own as (
    select
        participant_id,
        measure,
        min(known_from_on) as known_from_on
    from quotas
    where has_own_credit
    group by participant_id, measure
),

-- What the people below somebody achieved, by who was known to be above them on the day that
-- counts; from when such a quota was known.
below as (
    select
        closure.ancestor_id,
        greatest(
            closure.known_from_on,
            wanted_of_teams.known_from_on,
            case when closure.distance = 0 then wanted_with_own.known_from_on end
        ) as known_from_on,
        closure.known_from_on as above_from_on,
        closure.known_to_on,
        wanted_of_teams.measure,
        own.effective_on,
        own.recorded_on,
        own.cause,
        own.n_bookings,
        own.amount
    from own
    inner join wanted_of_teams on 'team_' || own.measure = wanted_of_teams.measure
    inner join closure
        on
            own.participant_id = closure.descendant_id
            and own.effective_on >= closure.valid_from
            and own.effective_on < closure.valid_to
            and own.recorded_on < closure.known_to_on
    left join wanted_with_own
        on
            closure.ancestor_id = wanted_with_own.participant_id
            and wanted_of_teams.measure = wanted_with_own.measure
    where closure.distance > 0 or wanted_with_own.participant_id is not null
),

-- Who is found to have been above them later has it from then on, and somebody else no longer.
passed_on as (
    select
        ancestor_id,
        measure,
        effective_on,
        greatest(recorded_on, known_from_on) as recorded_on,
        case when above_from_on > recorded_on then 'recredit' else cause end as cause,
        n_bookings,
        amount
    from below
    where known_from_on < known_to_on

    union all

    select
        ancestor_id,
        measure,
        effective_on,
        known_to_on as recorded_on,
        'recredit' as cause,
        -n_bookings as n_bookings,
        -amount as amount
    from below
    where known_to_on < {{ open_end() }} and known_from_on < known_to_on
)

select
    ancestor_id as participant_id,
    measure,
    effective_on,
    recorded_on,
    cause,
    sum(n_bookings) as n_bookings,
    sum(amount) as amount
from passed_on
group by ancestor_id, measure, effective_on, recorded_on, cause
having cause <> 'recredit' or sum(n_bookings) <> 0 or sum(amount) <> 0
