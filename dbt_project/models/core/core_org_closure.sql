{#- Levels above a seller that get team credit; a check refuses a deeper hierarchy. -#}
{%- set n_levels = 6 -%}
with records as (select * from {{ ref('core_participant_record') }}),

managers as (
    select
        source_system,
        participant_id,
        valid_from,
        known_from_on,
        -- Where the source knows a manager by name alone, the name is who is above.
        coalesce(manager_id, manager_name) as manager_id
    from records
),

compared as (
    select
        *,
        row_number() over by_seller as turn,
        lag(manager_id) over by_seller as was_manager_id
    from managers
    window by_seller as (partition by source_system, participant_id order by valid_from)
),

-- Whoever names themselves as their own manager has none.
turns as (
    select
        source_system,
        participant_id,
        case when manager_id <> participant_id then manager_id end as manager_id,
        valid_from,
        known_from_on,
        coalesce(
            lead(valid_from) over (
                partition by source_system, participant_id order by valid_from
            ),
            {{ open_end() }}
        ) as superseded_on
    from compared
    where turn = 1 or coalesce(manager_id, '') <> coalesce(was_manager_id, '')
),

-- Until the next turn is known, the one before is known to last. Before somebody is known, nobody
-- is above them; others may be known to be below them.
lines as (
    select
        source_system,
        participant_id,
        manager_id,
        valid_from,
        {{ open_end() }} as valid_to,
        known_from_on,
        superseded_on as known_to_on
    from turns
    where known_from_on < superseded_on

    union all

    select
        source_system,
        participant_id,
        manager_id,
        valid_from,
        superseded_on as valid_to,
        superseded_on as known_from_on,
        {{ open_end() }} as known_to_on
    from turns
    where superseded_on < {{ open_end() }}

    union all

    select
        source_system,
        participant_id,
        cast(null as varchar) as manager_id,
        valid_from,
        {{ open_end() }} as valid_to,
        {{ from_the_start() }} as known_from_on,
        known_from_on as known_to_on
    from turns
    where valid_from = {{ from_the_start() }} and known_from_on > {{ from_the_start() }}
),

level_0 as (
    select
        source_system,
        participant_id as ancestor_id,
        manager_id as above_id,
        participant_id as descendant_id,
        0 as distance,
        valid_from,
        valid_to,
        known_from_on,
        known_to_on
    from lines
),
{% for level in range(1, n_levels + 1) %}
level_{{ level }} as (
    select
        below.source_system,
        below.above_id as ancestor_id,
        lines.manager_id as above_id,
        below.descendant_id,
        {{ level }} as distance,
        greatest(below.valid_from, coalesce(lines.valid_from, below.valid_from)) as valid_from,
        least(below.valid_to, coalesce(lines.valid_to, below.valid_to)) as valid_to,
        greatest(below.known_from_on, coalesce(lines.known_from_on, below.known_from_on))
            as known_from_on,
        least(below.known_to_on, coalesce(lines.known_to_on, below.known_to_on)) as known_to_on
    from level_{{ level - 1 }} as below
    left join lines
        on
            below.source_system = lines.source_system
            and below.above_id = lines.participant_id
            and below.valid_to > lines.valid_from
            and below.valid_from < lines.valid_to
            and below.known_to_on > lines.known_from_on
            and below.known_from_on < lines.known_to_on
    where below.above_id is not null
),
{% endfor %}
closure as (
    {%- for level in range(0, n_levels + 1) %}
    select * from level_{{ level }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    source_system,
    ancestor_id,
    above_id,
    descendant_id,
    distance,
    valid_from,
    valid_to,
    known_from_on,
    known_to_on
from closure
