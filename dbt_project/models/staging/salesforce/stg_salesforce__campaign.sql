with campaigns as (select * from {{ source('salesforce', 'campaign') }})

select
    'salesforce' as source_system,
    id as campaign_id,
    id as own_campaign_id,
    name as campaign_name,
    type as campaign_type,
    status,
    start_date as starts_on,
    end_date as ends_on,
    is_deleted,
    {{ lineage() }}
from campaigns
