with spend as (select * from {{ ref('core_spend') }}),

campaigns as (select * from {{ ref('core_campaign') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }})

select
    md5(
        spend.source_system || '|' || spend.campaign_id || '|' || cast(spend.spend_on as varchar)
        || '|' || spend.channel || '|' || coalesce(spend.currency, '')
    ) as spend_key,
    spend.source_system,
    spend.campaign_id,

    spend.spend_on,

    campaigns.campaign_name,
    campaigns.campaign_type,
    spend.channel,
    spend.currency,
    spend.source_file,
    spend.source_line,

    spend.n_source_lines,
    spend.impressions,
    spend.clicks,
    spend.spend_amount as spend_amount_in_currency,
    {{ document_at_rate('spend.spend_amount', 'plan_rates.plan_rate') }} as spend_amount
from spend
left join campaigns
    on
        spend.campaign_id = campaigns.campaign_id
        and spend.source_system = coalesce(campaigns.only_in_system, spend.source_system)
left join plan_rates
    on
        spend.currency = plan_rates.currency
        and spend.spend_on >= plan_rates.valid_from
        and spend.spend_on < plan_rates.valid_to
