with stats as (select * from {{ source('linkedin_ads', 'ad_analytics_by_campaign') }}),

campaigns as (
    select *
    from (
        {{ newest_rows(source('linkedin_ads', 'campaign_history'), ['id'], 'last_modified_at') }}
    ) as known
),

accounts as (
    select *
    from (
        {{ newest_rows(source('linkedin_ads', 'account_history'), ['id'], 'last_modified_at') }}
    ) as known
)

select
    'linkedin_ads' as source_system,
    stats.campaign_id || '|' || cast(stats.day_on as varchar) as spend_id,
    coalesce({{ crm_campaign_id('campaigns.name') }}, stats.campaign_id) as campaign_id,
    stats.day_on as spend_on,
    'paid_social' as channel,
    stats.impressions,
    stats.clicks,
    stats.cost_in_local_currency as spend_amount,
    {{ referenced_currency(
        'accounts.currency', 'accounts.id', 'coalesce(campaigns.account_id, stats.campaign_id)'
    ) }} as currency,
    stats._recorded_at as recorded_at,
    stats._extracted_at as extracted_at,
    stats._op as op,
    stats._batch_id as batch_id,
    stats._file as source_file,
    stats._line as source_line
from stats
left join campaigns on stats.campaign_id = campaigns.id
left join accounts on campaigns.account_id = accounts.id
