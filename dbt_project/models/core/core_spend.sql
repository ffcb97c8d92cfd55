with spend as (
    {{ latest_versions('spend', ['spend_id']) }}
),

-- Devices and networks are rows of their own in an ad system; here a channel's day is one row,
-- with the place of the first of them. Rounding comes after adding: a row may cost less than the
-- smallest amount that is published.
ranked as (
    select
        source_system,
        campaign_id,
        spend_on,
        channel,
        currency,
        source_file,
        source_line,
        count(*) over by_day as n_source_lines,
        sum(impressions) over by_day as impressions,
        sum(clicks) over by_day as clicks,
        sum(spend_amount) over by_day as spend_amount,
        row_number() over (
            partition by source_system, campaign_id, spend_on, channel, currency
            order by source_file, source_line, spend_id
        ) as part
    from spend
    window by_day as (partition by source_system, campaign_id, spend_on, channel, currency)
)

select
    source_system,
    campaign_id,
    spend_on,
    channel,
    currency,
    source_file,
    source_line,
    n_source_lines,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    try_cast(spend_amount as decimal(18, 4)) as spend_amount
from ranked
where part = 1
