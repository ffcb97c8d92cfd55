{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_days('snapshot_on') }}",
    on_schema_change='fail'
) }}
with snapshots as (select * from {{ ref('core_pipeline_snapshot') }}),

changed_day as (select * from {{ ref('core_changed_day') }})

select
    pipeline_snapshot_key,
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    owner_id,
    manager_id,
    close_period_key,

    snapshot_on,
    created_on,
    close_on,

    owner_name,
    manager_name,
    team,
    region,
    stage,
    stage_ordinal,
    forecast_category,
    currency,
    is_weekly,
    is_period_start,
    is_period_end,
    is_latest,
    is_past_due,
    is_amount_missing,

    amount_in_currency,
    plan_rate,
    amount,
    probability_pct,
    weighted_amount,
    expected_revenue_amount,
    age_days
from snapshots
{% if is_incremental() -%}
where snapshot_on >= (select changed_day.first_changed_on from changed_day)
{%- endif %}
