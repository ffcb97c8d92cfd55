{%- if should_full_refresh() -%}
select cast(null as date) as first_changed_on
{%- else -%}
{%- set described = [
    'source_system', 'participant_id', 'participant_name', 'manager_id', 'manager_name', 'team',
    'region', 'territory_id', 'title', 'hired_on', 'is_active',
] -%}
with last_build as (select * from {{ source('increment', 'last_build') }}),

opportunities as (select * from {{ ref('core_changed_opportunity') }}),

participants_before as (select * from {{ source('increment', 'participant_version') }}),

participants_now as (select * from {{ ref('core_participant_version') }}),

rates_before as (select * from {{ source('increment', 'plan_rate') }}),

rates_now as (select * from {{ ref('core_plan_rate') }}),

-- Days from which on something else may hold of a seller, then or now.
points as (
    select
        source_system,
        participant_id,
        valid_from as day_on
    from participants_before

    union

    select
        source_system,
        participant_id,
        valid_to as day_on
    from participants_before

    union

    select
        source_system,
        participant_id,
        valid_from as day_on
    from participants_now

    union

    select
        source_system,
        participant_id,
        valid_to as day_on
    from participants_now
),
{% for versions in ['participants_before', 'participants_now'] %}
{{ versions }}_by_day as (
    select
        points.day_on,
        {%- for name in described %}
        versions.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from points
    inner join {{ versions }} as versions
        on
            points.source_system = versions.source_system
            and points.participant_id = versions.participant_id
            and points.day_on >= versions.valid_from
            and points.day_on < versions.valid_to
),
{% endfor %}
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

rates_gone as (
    select
        currency,
        valid_from,
        valid_to,
        plan_rate
    from rates_before

    except

    select
        currency,
        valid_from,
        valid_to,
        plan_rate
    from rates_now
),

rates_new as (
    select
        currency,
        valid_from,
        valid_to,
        plan_rate
    from rates_now

    except

    select
        currency,
        valid_from,
        valid_to,
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
    select valid_from as changed_on from rates_gone
    union all
    select valid_from as changed_on from rates_new
)

select min(changed_on) as first_changed_on
from changed
{%- endif %}
