{{ config(materialized='view') }}

with activities as (
    {{ latest_versions('activity', ['activity_id']) }}
),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity')

select
    {{ surrogate_key('activities.source_system', 'activities.activity_id') }} as activity_key,
    activities.source_system,
    activities.activity_id,
    activities.activity_type,
    activities.owner_id,
    activities.account_id,
    coalesce(opportunity_merges.survivor_id, activities.opportunity_id) as opportunity_id,
    activities.person_id,
    activities.occurred_at,
    activities.occurred_on,
    activities.is_completed,
    activities.source_file,
    activities.source_line
from activities
left join opportunity_merges
    on
        activities.source_system = opportunity_merges.source_system
        and activities.opportunity_id = opportunity_merges.record_id
where not coalesce(activities.is_deleted, false)
