{#- Levels above a seller that get team credit; a check refuses a deeper hierarchy. -#}
{%- set n_levels = 6 -%}
with participants as (
    select
        source_system,
        participant_id,
        -- Where the source knows a manager by name alone, the name is who is above.
        coalesce(manager_id, manager_name) as manager_id,
        valid_from,
        valid_to
    from {{ ref('core_participant_version') }}
),

-- Adjacent ranges with the same manager are one.
compared as (
    select
        source_system,
        participant_id,
        manager_id,
        valid_from,
        valid_to,
        case
            when
                lag(valid_to) over by_seller = valid_from
                and coalesce(lag(manager_id) over by_seller, '') = coalesce(manager_id, '')
                then 0
            else 1
        end as is_new
    from participants
    window by_seller as (partition by source_system, participant_id order by valid_from)
),

numbered as (
    select
        *,
        sum(is_new) over (
            partition by source_system, participant_id order by valid_from
            rows between unbounded preceding and current row
        ) as island
    from compared
),

-- Whoever names himself as his manager has none.
lines as (
    select
        source_system,
        participant_id,
        case when manager_id <> participant_id then manager_id end as manager_id,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to
    from numbered
    group by source_system, participant_id, manager_id, island
),

level_0 as (
    select
        source_system,
        participant_id as ancestor_id,
        manager_id as above_id,
        participant_id as descendant_id,
        0 as distance,
        valid_from,
        valid_to
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
        least(below.valid_to, coalesce(lines.valid_to, below.valid_to)) as valid_to
    from level_{{ level - 1 }} as below
    left join lines
        on
            below.source_system = lines.source_system
            and below.above_id = lines.participant_id
            and below.valid_to > lines.valid_from
            and below.valid_from < lines.valid_to
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
    valid_to
from closure
