{%- if should_full_refresh() -%}
select cast(null as date) as first_changed_on
{%- else -%}
with last_build as (select * from {{ source('increment', 'last_build') }}),

opportunities as (select * from {{ ref('core_changed_opportunity') }}),

participants_before as (select * from {{ source('increment', 'participant_version') }}),

participants_now as (select * from {{ ref('core_participant_version') }}),

rates_before as (select * from {{ source('increment', 'plan_rate_version') }}),

rates_now as (select * from {{ ref('core_plan_rate_version') }}),

-- Days on which something else became known of a seller, then or now.
points as (
    select
        source_system,
        participant_id,
        known_from_on as day_on
    from participants_before

    union

    select
        source_system,
        participant_id,
        known_to_on as day_on
    from participants_before

    union

    select
        source_system,
        participant_id,
        known_from_on as day_on
    from participants_now

    union

    select
        source_system,
        participant_id,
        known_to_on as day_on
    from participants_now
),

participants_before_by_day as (
    select
        points.day_on,
        participants_before.source_system,
        participants_before.participant_id,
        participants_before.valid_from,
        participants_before.valid_to,
        participants_before.participant_name,
        participants_before.manager_id,
        participants_before.manager_name,
        participants_before.team,
        participants_before.region,
        participants_before.territory_id,
        participants_before.title,
        participants_before.hired_on,
        participants_before.is_active
    from points
    inner join participants_before
        on
            points.source_system = participants_before.source_system
            and points.participant_id = participants_before.participant_id
            and points.day_on >= participants_before.known_from_on
            and points.day_on < participants_before.known_to_on
),

participants_now_by_day as (
    select
        points.day_on,
        participants_now.source_system,
        participants_now.participant_id,
        participants_now.valid_from,
        participants_now.valid_to,
        participants_now.participant_name,
        participants_now.manager_id,
        participants_now.manager_name,
        participants_now.team,
        participants_now.region,
        participants_now.territory_id,
        participants_now.title,
        participants_now.hired_on,
        participants_now.is_active
    from points
    inner join participants_now
        on
            points.source_system = participants_now.source_system
            and points.participant_id = participants_now.participant_id
            and points.day_on >= participants_now.known_from_on
            and points.day_on < participants_now.known_to_on
),

participants_gone as (
    select * from participants_before_by_day
    except
    select * from participants_now_by_day
),

participants_new as (
    select * from participants_now_by_day
    except
    select * from participants_before_by_day
),

-- A rate also goes and comes in between, where it was corrected twice since.
rates_gone as (
    select
        currency,
        valid_from,
        valid_to,
        known_from_on,
        known_to_on,
        plan_rate
    from rates_before

    except

    select
        currency,
        valid_from,
        valid_to,
        known_from_on,
        known_to_on,
        plan_rate
    from rates_now
),

rates_new as (
    select
        currency,
        valid_from,
        valid_to,
        known_from_on,
        known_to_on,
        plan_rate
    from rates_now

    except

    select
        currency,
        valid_from,
        valid_to,
        known_from_on,
        known_to_on,
        plan_rate
    from rates_before
),

-- The day that was the latest is that no longer; earlier ones change where an input did.
changed as (
    select as_of_on as changed_on from last_build
    union all
    select first_changed_on as changed_on from opportunities
    union all
    select day_on as changed_on from participants_gone
    union all
    select day_on as changed_on from participants_new
    union all
    select greatest(valid_from, known_from_on) as changed_on from rates_gone
    union all
    select greatest(valid_from, known_from_on) as changed_on from rates_new
)

select min(changed_on) as first_changed_on
from changed
{%- endif %}
