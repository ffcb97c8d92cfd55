{#- Two days on which all of this is the same are one range. -#}
{%- set attributes = [
    'participant_name', 'manager_id', 'manager_name', 'team', 'region', 'territory_id', 'title',
    'hired_on', 'is_active',
] -%}
with places as (select * from {{ ref('core_participant_place') }}),

described as (
    select
        places.*,
        {{ state_of(attributes) }} as state
    from places
),

-- Adjacent days first, within what was known at a time; then adjacent times of knowing.
compared_days as (
    select
        *,
        case
            when
                lag(valid_to) over by_day = valid_from
                and lag(state) over by_day = state
                then 0
            else 1
        end as is_new
    from described
    window by_day as (
        partition by source_system, participant_id, known_from_on order by valid_from
    )
),

numbered_days as (
    select
        *,
        sum(is_new) over (
            partition by source_system, participant_id, known_from_on order by valid_from
            rows between unbounded preceding and current row
        ) as island
    from compared_days
),

spans as (
    select
        source_system,
        participant_id,
        known_from_on,
        known_to_on,
        state,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from numbered_days
    group by source_system, participant_id, known_from_on, known_to_on, state, island
),

compared_times as (
    select
        *,
        case when lag(known_to_on) over by_time = known_from_on then 0 else 1 end as is_new
    from spans
    window by_time as (
        partition by source_system, participant_id, valid_from, valid_to, state
        order by known_from_on
    )
),

numbered_times as (
    select
        *,
        sum(is_new) over (
            partition by source_system, participant_id, valid_from, valid_to, state
            order by known_from_on
            rows between unbounded preceding and current row
        ) as island
    from compared_times
),

rectangles as (
    select
        source_system,
        participant_id,
        valid_from,
        valid_to,
        min(known_from_on) as known_from_on,
        max(known_to_on) as known_to_on
    from numbered_times
    group by source_system, participant_id, valid_from, valid_to, state, island
)

select
    {{ surrogate_key('rectangles.source_system', 'rectangles.participant_id') }}
        as participant_key,
    rectangles.source_system,
    rectangles.participant_id,
    rectangles.valid_from,
    rectangles.valid_to,
    rectangles.known_from_on,
    rectangles.known_to_on,
    described.participant_name,
    described.manager_id,
    described.manager_name,
    described.team,
    described.region,
    described.territory_id,
    described.title,
    described.hired_on,
    described.is_active
from rectangles
inner join described
    on
        rectangles.source_system = described.source_system
        and rectangles.participant_id = described.participant_id
        and rectangles.known_from_on = described.known_from_on
        and rectangles.valid_from = described.valid_from
