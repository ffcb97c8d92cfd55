{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_days('snapshot_on') }}",
    on_schema_change='fail'
) }}
with versions as (select * from {{ ref('core_opportunity_version') }}),

snapshot_days as (select * from {{ ref('core_snapshot_day') }}),

changed_day as (select * from {{ ref('core_changed_day') }}),

participants as (select * from {{ ref('core_participant_version') }}),

plan_rates as (select * from {{ ref('core_plan_rate_version') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

stage_probabilities as (select * from {{ ref('core_stage_probability') }}),

open_deals as (
    select
        snapshot_days.snapshot_on,
        snapshot_days.is_weekly,
        snapshot_days.is_period_start,
        snapshot_days.is_period_end,
        snapshot_days.is_latest,
        versions.*
    from snapshot_days
    inner join versions
        on
            snapshot_days.snapshot_on >= versions.known_from_on
            and snapshot_days.snapshot_on < versions.known_to_on
    where
        versions.status = 'open'
        and not versions.is_deleted
        {% if is_incremental() -%}
        and snapshot_days.snapshot_on
        >= (select changed_day.first_changed_on from changed_day)
        {%- endif %}
)

select
    md5(open_deals.opportunity_key || '|' || cast(open_deals.snapshot_on as varchar))
        as pipeline_snapshot_key,
    open_deals.opportunity_key,
    open_deals.source_system,
    open_deals.opportunity_id,
    coalesce(open_deals.account_id, 'unassigned') as account_id,
    coalesce(open_deals.owner_id, 'unassigned') as owner_id,
    participants.manager_id,
    calendar.fiscal_quarter_key as close_period_key,

    open_deals.snapshot_on,
    open_deals.created_on,
    open_deals.close_on,

    case
        when open_deals.owner_id is null then 'unassigned'
        else coalesce(participants.participant_name, open_deals.owner_id)
    end as owner_name,
    participants.manager_name,
    participants.team,
    participants.region,
    open_deals.stage,
    open_deals.stage_ordinal,
    open_deals.forecast_category,
    open_deals.currency,
    open_deals.is_weekly,
    open_deals.is_period_start,
    open_deals.is_period_end,
    open_deals.is_latest,
    coalesce(open_deals.close_on < open_deals.snapshot_on, false) as is_past_due,
    open_deals.amount_in_currency is null as is_amount_missing,
    open_deals.is_category_presumed,

    open_deals.amount_in_currency,
    plan_rates.plan_rate,
    {{ at_rate('open_deals.amount_in_currency', 'plan_rates.plan_rate') }} as amount,
    coalesce(open_deals.probability_pct, stage_probabilities.probability_pct) as probability_pct,
    cast(
        {{ at_rate('open_deals.amount_in_currency', 'plan_rates.plan_rate') }}
        * coalesce(open_deals.probability_pct, stage_probabilities.probability_pct)
        as decimal(18, 4)
    ) as weighted_amount,
    {{ at_rate('open_deals.expected_revenue_in_currency', 'plan_rates.plan_rate') }}
        as expected_revenue_amount,
    {{ days_between('open_deals.created_on', 'open_deals.snapshot_on') }} as age_days
from open_deals
left join participants
    on
        open_deals.source_system = participants.source_system
        and open_deals.owner_id = participants.participant_id
        and open_deals.snapshot_on >= participants.valid_from
        and open_deals.snapshot_on < participants.valid_to
        and open_deals.snapshot_on >= participants.known_from_on
        and open_deals.snapshot_on < participants.known_to_on
left join plan_rates
    on
        open_deals.currency = plan_rates.currency
        and open_deals.snapshot_on >= plan_rates.valid_from
        and open_deals.snapshot_on < plan_rates.valid_to
        and open_deals.snapshot_on >= plan_rates.known_from_on
        and open_deals.snapshot_on < plan_rates.known_to_on
left join stage_probabilities
    on
        open_deals.source_system = stage_probabilities.source_system
        and open_deals.stage = stage_probabilities.stage
        and open_deals.snapshot_on >= stage_probabilities.known_from_on
        and open_deals.snapshot_on < stage_probabilities.known_to_on
left join calendar on open_deals.close_on = calendar.day_on
