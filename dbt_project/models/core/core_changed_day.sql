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

-- Days on which something about a seller may have changed, then or now.
points as (
    {%- for relation in ['participants_before', 'participants_now'] %}
    {%- for bound in ['valid_from', 'valid_to'] %}
    select
        source_system,
        participant_id,
        {{ bound }} as day_on
    from {{ relation }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
),
{% for relation in ['participants_before', 'participants_now'] %}
{{ relation }}_by_point as (
    select
        points.day_on,
        {%- for name in described %}
        versions.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from points
    inner join {{ relation }} as versions
        on
            points.source_system = versions.source_system
            and points.participant_id = versions.participant_id
            and points.day_on >= versions.valid_from
            and points.day_on < versions.valid_to
),
{% endfor %}
participants_changed as (
    (select * from participants_before_by_point except select * from participants_now_by_point)
    union all
    (select * from participants_now_by_point except select * from participants_before_by_point)
),

rates_changed as (
    (
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
    )
    union all
    (
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
    )
),

-- The day that was the latest is that no longer; earlier ones change where an input did.
changed as (
    select as_of_on as changed_on from last_build
    union all
    select first_changed_on as changed_on from opportunities
    union all
    select day_on as changed_on from participants_changed
    union all
    select valid_from as changed_on from rates_changed
)

select min(changed_on) as first_changed_on
from changed
{%- endif %}
