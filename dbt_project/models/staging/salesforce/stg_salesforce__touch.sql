with members as (select * from {{ source('salesforce', 'campaign_member') }})

select
    'salesforce' as source_system,
    id as touch_id,
    coalesce(contact_id, lead_id) as person_id,
    campaign_id,
    'campaign' as channel,
    status as touch_type,
    created_date as occurred_at,
    has_responded as is_response,
    is_deleted,
    {{ lineage() }}
from members
