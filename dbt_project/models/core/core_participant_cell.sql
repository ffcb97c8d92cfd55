with records as (select * from {{ ref('core_participant_record') }}),

spells as (select * from {{ ref('core_team_spell') }}),

managers as (
    select distinct
        records.source_system,
        records.participant_id,
        managers.valid_from,
        managers.known_from_on
    from records
    inner join records as managers
        on
            records.source_system = managers.source_system
            and records.manager_id = managers.participant_id
),

spell_ends as (
    select
        source_system,
        participant_id,
        known_from_on,
        known_to_on,
        valid_from
    from spells

    union all

    select
        source_system,
        participant_id,
        known_from_on,
        known_to_on,
        valid_to as valid_from
    from spells
    where valid_to < {{ open_end() }}
),

first_known as (
    select
        source_system,
        participant_id,
        min(known_from_on) as first_known_on
    from records
    group by source_system, participant_id
),

-- Days on which something else became known of somebody.
known_points as (
    select
        source_system,
        participant_id,
        known_from_on as point_on
    from records

    union

    select
        source_system,
        participant_id,
        known_from_on as point_on
    from managers

    union

    select
        source_system,
        participant_id,
        known_from_on as point_on
    from spells

    union

    select
        source_system,
        participant_id,
        known_to_on as point_on
    from spells
    where known_to_on < {{ open_end() }}
),

points as (
    select known_points.*
    from known_points
    inner join first_known
        on
            known_points.source_system = first_known.source_system
            and known_points.participant_id = first_known.participant_id
            and known_points.point_on >= first_known.first_known_on
),

slices as (
    {{ ranges_between('points', ['source_system', 'participant_id']) }}
),

-- Days from which on something else holds, by what was known then.
valid_points as (
    select
        slices.source_system,
        slices.participant_id,
        slices.known_from_on,
        slices.known_to_on,
        records.valid_from
    from slices
    inner join records
        on
            slices.source_system = records.source_system
            and slices.participant_id = records.participant_id
            and slices.known_from_on >= records.known_from_on

    union

    select
        slices.source_system,
        slices.participant_id,
        slices.known_from_on,
        slices.known_to_on,
        managers.valid_from
    from slices
    inner join managers
        on
            slices.source_system = managers.source_system
            and slices.participant_id = managers.participant_id
            and slices.known_from_on >= managers.known_from_on

    union

    select
        slices.source_system,
        slices.participant_id,
        slices.known_from_on,
        slices.known_to_on,
        spell_ends.valid_from
    from slices
    inner join spell_ends
        on
            slices.source_system = spell_ends.source_system
            and slices.participant_id = spell_ends.participant_id
            and slices.known_from_on >= spell_ends.known_from_on
            and slices.known_from_on < spell_ends.known_to_on
)

select
    source_system,
    participant_id,
    known_from_on,
    known_to_on,
    valid_from,
    coalesce(
        lead(valid_from) over (
            partition by source_system, participant_id, known_from_on order by valid_from
        ),
        {{ open_end() }}
    ) as valid_to
from valid_points
