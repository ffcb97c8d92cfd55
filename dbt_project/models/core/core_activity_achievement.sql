{{ config(materialized='view') }}

with wanted as (select * from {{ ref('core_wanted_measure') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

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
        {{ local_date('delivered_activities.recorded_at') }} as said_on,
        coalesce(delivered_activities.is_completed, false)
        and delivered_activities.op = 'upsert'
        and not coalesce(delivered_activities.is_deleted, false) as is_done,
        {{ local_date("lead(delivered_activities.recorded_at) over by_activity") }} as next_said_on
    from wanted
    inner join delivered_activities on wanted.measure = 'activities'
    window
        by_activity as (
            partition by delivered_activities.source_system, delivered_activities.activity_id
            order by delivered_activities.extracted_at, delivered_activities.recorded_at
        )
),

-- A meeting that stands in the calendar is held on its day at the earliest, and so is one that was
-- called off before.
dated as (
    select
        *,
        greatest(said_on, coalesce(occurred_on, said_on)) as done_on,
        greatest(next_said_on, coalesce(occurred_on, next_said_on)) as taken_back_on
    from activity_versions
    where is_done
)

select
    coalesce(dated.owner_id, 'unassigned') as participant_id,
    dated.measure,
    dated.occurred_on as effective_on,
    dated.done_on as recorded_on,
    'done' as cause,
    0 as n_bookings,
    cast(1 as decimal(18, 4)) as amount
from dated
cross join latest_extract
where dated.done_on <= latest_extract.as_of_on

union all

select
    coalesce(dated.owner_id, 'unassigned') as participant_id,
    dated.measure,
    dated.occurred_on as effective_on,
    dated.taken_back_on as recorded_on,
    'taken_back' as cause,
    0 as n_bookings,
    cast(-1 as decimal(18, 4)) as amount
from dated
cross join latest_extract
where dated.next_said_on is not null and dated.taken_back_on <= latest_extract.as_of_on
