with campaigns as (select * from {{ source('linkedin_ads', 'campaign_history') }})

select
    'linkedin_ads' as source_system,
    coalesce({{ crm_campaign_id('name') }}, id) as campaign_id,
    id as own_campaign_id,
    name as campaign_name,
    'social' as campaign_type,
    false as is_deleted,
    {{ lineage() }}
from campaigns
