with campaigns as (select * from {{ source('google_ads', 'campaign_history') }})

select
    'google_ads' as source_system,
    coalesce({{ crm_campaign_id('name') }}, id) as campaign_id,
    id as own_campaign_id,
    name as campaign_name,
    lower(advertising_channel_type) as campaign_type,
    lower(status) as status,
    start_on as starts_on,
    end_on as ends_on,
    status = 'REMOVED' as is_deleted,
    {{ lineage() }}
from campaigns
