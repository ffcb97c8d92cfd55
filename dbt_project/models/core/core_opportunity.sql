with versions as (select * from {{ ref('core_opportunity_version') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

stage_probabilities as (select * from {{ ref('core_stage_probability') }}),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

account_merges as (select * from {{ ref('core_merge') }} where object_name = 'account'),

latest as (
    select
        versions.*,
        coalesce(account_merges.survivor_id, versions.account_id) as surviving_account_id,
        latest_extract.as_of_on,
        -- Closed deals keep the plan rate of the fiscal year they closed in, open ones take
        -- today's.
        case
            when versions.status = 'open' then latest_extract.as_of_on
            else least(versions.close_on, latest_extract.as_of_on)
        end as rate_day_on
    from versions
    cross join latest_extract
    left join account_merges
        on
            versions.source_system = account_merges.source_system
            and versions.account_id = account_merges.record_id
    where
        versions.known_to = cast('9999-12-31 00:00:00' as timestamp)
        and not versions.is_deleted
)

select
    latest.opportunity_key,
    latest.source_system,
    latest.opportunity_id,
    latest.surviving_account_id as account_id,
    latest.owner_id,
    latest.campaign_id,
    latest.product_id,

    latest.known_from,
    latest.known_from_on,
    latest.created_on,
    latest.close_on,
    latest.as_of_on,
    latest.rate_day_on,

    latest.opportunity_name,
    latest.opportunity_type,
    latest.lead_source,
    latest.next_step,
    latest.stage,
    latest.stage_ordinal,
    latest.status,
    latest.forecast_category,
    latest.source_status,
    latest.currency,
    latest.batch_id,
    latest.source_file,
    latest.source_line,

    latest.amount_in_currency,
    latest.header_list_amount,
    coalesce(latest.probability_pct, stage_probabilities.probability_pct) as probability_pct,
    plan_rates.plan_rate,
    {{ at_rate('latest.amount_in_currency', 'plan_rates.plan_rate') }} as amount,
    {{ at_rate('latest.expected_revenue_in_currency', 'plan_rates.plan_rate') }}
        as expected_revenue_amount
from latest
left join stage_probabilities
    on
        latest.source_system = stage_probabilities.source_system
        and latest.stage = stage_probabilities.stage
        and latest.as_of_on >= stage_probabilities.known_from_on
        and latest.as_of_on < stage_probabilities.known_to_on
left join plan_rates
    on
        latest.currency = plan_rates.currency
        and latest.rate_day_on >= plan_rates.valid_from
        and latest.rate_day_on < plan_rates.valid_to
