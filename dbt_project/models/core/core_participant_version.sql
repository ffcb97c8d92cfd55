with records as (
    select
        *,
        -- What is first known of somebody is taken to have been so before.
        row_number() over (
            partition by source_system, participant_id order by recorded_at, extracted_at
        ) as version_number,
        {{ local_date('recorded_at') }} as recorded_on
    from ({{ union_entity('participant') }}) as versions
    where op = 'upsert'
),

delivered_assignments as (
    {{ latest_versions('territory_assignment', ['participant_id', 'territory_id', 'valid_from']) }}
),

people as (
    select distinct
        source_system,
        participant_id
    from records
),

-- Territories may be kept by another system than the people: they meet by the seller's id.
assignments as (
    select
        people.source_system,
        delivered_assignments.participant_id,
        delivered_assignments.territory_id,
        delivered_assignments.territory_name,
        delivered_assignments.region,
        delivered_assignments.valid_from,
        delivered_assignments.valid_to
    from delivered_assignments
    inner join people on delivered_assignments.participant_id = people.participant_id
),

-- The last version recorded on a day is the one that day ends with.
daily_records as (
    select
        *,
        row_number() over (
            partition by source_system, participant_id, valid_from
            order by recorded_at desc, extracted_at desc
        ) as day_rank
    from (
        select
            *,
            case when version_number = 1 then date '1900-01-01' else recorded_on end as valid_from
        from records
    ) as dated
),

record_points as (
    select
        source_system,
        participant_id,
        valid_from
    from daily_records
    where day_rank = 1

    union

    select
        source_system,
        participant_id,
        valid_from
    from assignments

    union

    select
        source_system,
        participant_id,
        valid_to as valid_from
    from assignments
    where valid_to is not null
),

points as (
    select
        record_points.source_system,
        record_points.participant_id,
        record_points.valid_from,
        coalesce(
            lead(record_points.valid_from) over (
                partition by record_points.source_system, record_points.participant_id
                order by record_points.valid_from
            ),
            date '9999-12-31'
        ) as valid_to,
        max(daily_records.valid_from) over (
            partition by record_points.source_system, record_points.participant_id
            order by record_points.valid_from
            rows between unbounded preceding and current row
        ) as record_from
    from record_points
    left join daily_records
        on
            record_points.source_system = daily_records.source_system
            and record_points.participant_id = daily_records.participant_id
            and record_points.valid_from = daily_records.valid_from
            and daily_records.day_rank = 1
),

names as (
    select
        source_system,
        participant_id,
        max(participant_name) as participant_name
    from records
    group by source_system, participant_id
),

described as (
    select
        points.source_system,
        points.participant_id,
        points.valid_from,
        points.valid_to,
        daily_records.participant_name,
        daily_records.manager_id,
        daily_records.manager_name,
        daily_records.title,
        daily_records.hired_on,
        daily_records.is_active,
        assignments.territory_id,
        coalesce(assignments.territory_name, daily_records.team) as team,
        coalesce(assignments.region, daily_records.region) as region
    from points
    inner join daily_records
        on
            points.source_system = daily_records.source_system
            and points.participant_id = daily_records.participant_id
            and points.record_from = daily_records.valid_from
            and daily_records.day_rank = 1
    left join assignments
        on
            points.source_system = assignments.source_system
            and points.participant_id = assignments.participant_id
            and points.valid_from >= assignments.valid_from
            and points.valid_from < coalesce(assignments.valid_to, date '9999-12-31')
)

select
    {{ surrogate_key('described.source_system', 'described.participant_id') }} as participant_key,
    described.source_system,
    described.participant_id,
    described.valid_from,
    described.valid_to,
    described.participant_name,
    described.manager_id,
    coalesce(described.manager_name, manager.participant_name) as manager_name,
    described.team,
    described.region,
    described.territory_id,
    described.title,
    described.hired_on,
    described.is_active
from described
left join names as manager
    on
        described.source_system = manager.source_system
        and described.manager_id = manager.participant_id
