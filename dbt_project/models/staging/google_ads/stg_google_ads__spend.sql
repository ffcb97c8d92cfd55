with stats as (select * from {{ source('google_ads', 'campaign_stats') }}),

campaigns as (
    select *
    from
        ({{ newest_rows(source('google_ads', 'campaign_history'), ['id'], 'updated_at') }}) as known
),

accounts as (
    select *
    from ({{ newest_rows(source('google_ads', 'account_history'), ['id'], 'updated_at') }}) as known
)

select
    'google_ads' as source_system,
    stats.stats_id || '|' || stats.campaign_id || '|' || cast(stats.stats_on as varchar)
        as spend_id,
    coalesce({{ crm_campaign_id('campaigns.name') }}, stats.campaign_id) as campaign_id,
    stats.stats_on as spend_on,
    case campaigns.advertising_channel_type
        when 'SEARCH' then 'paid_search'
        else coalesce(lower(campaigns.advertising_channel_type), 'google_ads')
    end
        as channel,
    stats.impressions,
    stats.clicks,
    {{ from_millionths('stats.cost_micros') }} as spend_amount,
    {{ referenced_currency('accounts.currency_code', 'accounts.id', 'stats.customer_id') }}
        as currency,
    stats._recorded_at as recorded_at,
    stats._extracted_at as extracted_at,
    stats._op as op,
    stats._batch_id as batch_id,
    stats._file as source_file,
    stats._line as source_line
from stats
left join campaigns on stats.campaign_id = campaigns.id
left join accounts on stats.customer_id = accounts.id
