with cells as (select * from {{ ref('core_participant_cell') }}),

records as (select * from {{ ref('core_participant_record') }}),

spells as (select * from {{ ref('core_team_spell') }}),

-- The record of a day is the last one that was known then.
recorded as (
    select
        cells.source_system,
        cells.participant_id,
        cells.known_from_on,
        cells.known_to_on,
        cells.valid_from,
        cells.valid_to,
        max(records.valid_from) as record_from
    from cells
    inner join records
        on
            cells.source_system = records.source_system
            and cells.participant_id = records.participant_id
            and cells.known_from_on >= records.known_from_on
            and cells.valid_from >= records.valid_from
    group by
        cells.source_system, cells.participant_id, cells.known_from_on, cells.known_to_on,
        cells.valid_from, cells.valid_to
),

described as (
    select
        recorded.source_system,
        recorded.participant_id,
        recorded.known_from_on,
        recorded.known_to_on,
        recorded.valid_from,
        recorded.valid_to,
        records.participant_name,
        records.manager_id,
        records.manager_name,
        records.region,
        records.title,
        records.hired_on,
        records.is_active
    from recorded
    inner join records
        on
            recorded.source_system = records.source_system
            and recorded.participant_id = records.participant_id
            and recorded.record_from = records.valid_from
),

-- The team of a day (M84): what precedes then, else what ended last. Territories precede what is
-- said of the person, unless sellers share them.
ranked_spells as (
    select
        cells.source_system,
        cells.participant_id,
        cells.known_from_on,
        cells.valid_from,
        spells.team,
        spells.region,
        row_number() over (
            partition by
                cells.source_system, cells.participant_id, cells.known_from_on, cells.valid_from
            order by
                least(spells.valid_to, cells.valid_to) desc,
                spells.precedence asc,
                spells.share_pct desc,
                case when spells.precedence = 3 then spells.valid_from end asc,
                spells.valid_from desc,
                spells.team desc,
                spells.territory_id desc
        ) as spell_rank
    from cells
    inner join spells
        on
            cells.source_system = spells.source_system
            and cells.participant_id = spells.participant_id
            and cells.known_from_on >= spells.known_from_on
            and cells.known_from_on < spells.known_to_on
            and cells.valid_from >= spells.valid_from
),

-- The territory of a day; of several at once, the main one.
ranked_territories as (
    select
        cells.source_system,
        cells.participant_id,
        cells.known_from_on,
        cells.valid_from,
        spells.territory_id,
        row_number() over (
            partition by
                cells.source_system, cells.participant_id, cells.known_from_on, cells.valid_from
            order by
                spells.share_pct desc,
                case when spells.precedence = 3 then spells.valid_from end asc,
                spells.valid_from desc,
                spells.team desc,
                spells.territory_id desc
        ) as territory_rank
    from cells
    inner join spells
        on
            cells.source_system = spells.source_system
            and cells.participant_id = spells.participant_id
            and cells.known_from_on >= spells.known_from_on
            and cells.known_from_on < spells.known_to_on
            and cells.valid_from >= spells.valid_from
            and cells.valid_from < spells.valid_to
    where spells.territory_id is not null
),

-- A manager has the name by which they were known on the day.
ranked_names as (
    select
        described.source_system,
        described.participant_id,
        described.known_from_on,
        described.valid_from,
        managers.participant_name,
        row_number() over (
            partition by
                described.source_system, described.participant_id, described.known_from_on,
                described.valid_from
            order by managers.valid_from desc
        ) as name_rank
    from described
    inner join records as managers
        on
            described.source_system = managers.source_system
            and described.manager_id = managers.participant_id
            and described.known_from_on >= managers.known_from_on
            and described.valid_from >= managers.valid_from
)

select
    described.source_system,
    described.participant_id,
    described.valid_from,
    described.valid_to,
    described.known_from_on,
    described.known_to_on,
    described.participant_name,
    described.manager_id,
    coalesce(described.manager_name, ranked_names.participant_name) as manager_name,
    ranked_spells.team,
    coalesce(ranked_spells.region, described.region) as region,
    ranked_territories.territory_id,
    described.title,
    described.hired_on,
    described.is_active
from described
left join ranked_spells
    on
        described.source_system = ranked_spells.source_system
        and described.participant_id = ranked_spells.participant_id
        and described.known_from_on = ranked_spells.known_from_on
        and described.valid_from = ranked_spells.valid_from
        and ranked_spells.spell_rank = 1
left join ranked_territories
    on
        described.source_system = ranked_territories.source_system
        and described.participant_id = ranked_territories.participant_id
        and described.known_from_on = ranked_territories.known_from_on
        and described.valid_from = ranked_territories.valid_from
        and ranked_territories.territory_rank = 1
left join ranked_names
    on
        described.source_system = ranked_names.source_system
        and described.participant_id = ranked_names.participant_id
        and described.known_from_on = ranked_names.known_from_on
        and described.valid_from = ranked_names.valid_from
        and ranked_names.name_rank = 1
