with spend as (select * from {{ source('marketing', 'ad_spend') }})

select
    'marketing' as source_system,
    campaign_id || '|' || cast(spend_on as varchar) || '|' || channel as spend_id,
    campaign_id,
    spend_on,
    channel,
    impressions,
    clicks,
    spend_amount,
    currency,
    {{ lineage() }}
from spend
