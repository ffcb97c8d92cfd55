with delivered as (
    select
        *,
        {{ local_date('recorded_at') }} as recorded_on,
        row_number() over (
            partition by source_system, participant_id order by recorded_at, extracted_at
        ) as version_number,
        extracted_at = min(extracted_at) over (partition by source_system) as is_first_delivery
    from ({{ union_entity('participant') }}) as versions
    where op = 'upsert'
),

-- What is first known of somebody is taken to have been so before.
dated as (
    select
        *,
        case when version_number = 1 then {{ from_the_start() }} else recorded_on end as valid_from,
        case
            when version_number = 1 and is_first_delivery then {{ from_the_start() }}
            else recorded_on
        end as known_from_on
    from delivered
),

-- The last version recorded on a day is the one that day ends with.
daily as (
    select
        *,
        row_number() over (
            partition by source_system, participant_id, valid_from
            order by recorded_at desc, extracted_at desc
        ) as day_rank
    from dated
)

select
    source_system,
    participant_id,
    valid_from,
    coalesce(
        lead(valid_from) over (
            partition by source_system, participant_id order by valid_from
        ),
        {{ open_end() }}
    ) as superseded_on,
    known_from_on,
    participant_name,
    manager_id,
    manager_name,
    team,
    region,
    title,
    hired_on,
    is_active
from daily
where day_rank = 1
