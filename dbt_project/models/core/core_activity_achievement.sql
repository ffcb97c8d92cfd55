{{ config(materialized='view') }}

with wanted as (select * from {{ ref('core_wanted_measure') }}),

delivered_activities as (
    {{ union_entity('activity') }}
),

-- Activities that are done, from when that was recorded.
activity_versions as (
    select
        wanted.measure,
        delivered_activities.source_system,
        delivered_activities.activity_id,
        delivered_activities.owner_id,
        delivered_activities.occurred_on,
        delivered_activities.recorded_at,
        coalesce(delivered_activities.is_completed, false)
        and delivered_activities.op = 'upsert'
        and not coalesce(delivered_activities.is_deleted, false) as is_done,
        lead(delivered_activities.recorded_at) over (
            partition by delivered_activities.source_system, delivered_activities.activity_id
            order by delivered_activities.extracted_at, delivered_activities.recorded_at
        ) as next_recorded_at
    from wanted
    inner join delivered_activities on wanted.measure = 'activities'
)

select
    coalesce(owner_id, 'unassigned') as participant_id,
    measure,
    occurred_on as effective_on,
    {{ local_date('recorded_at') }} as recorded_on,
    'done' as cause,
    0 as n_bookings,
    cast(1 as decimal(18, 4)) as amount
from activity_versions
where is_done

union all

select
    coalesce(owner_id, 'unassigned') as participant_id,
    measure,
    occurred_on as effective_on,
    {{ local_date('next_recorded_at') }} as recorded_on,
    'taken_back' as cause,
    0 as n_bookings,
    cast(-1 as decimal(18, 4)) as amount
from activity_versions
where is_done and next_recorded_at is not null
