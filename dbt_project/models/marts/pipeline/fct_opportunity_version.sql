{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
with versions as (select * from {{ ref('core_opportunity_version') }}),

changed as (select * from {{ ref('core_changed_opportunity') }}),

stage_probabilities as (select * from {{ ref('core_stage_probability') }})

select
    md5(versions.opportunity_key || '|' || cast(versions.known_from as varchar))
        as opportunity_version_key,
    versions.opportunity_key,
    versions.source_system,
    versions.opportunity_id,
    coalesce(versions.account_id, 'unassigned') as account_id,
    coalesce(versions.owner_id, 'unassigned') as owner_id,
    versions.product_id,

    versions.known_from as known_from_at,
    versions.known_to as known_to_at,
    versions.known_from_on,
    versions.known_to_on,
    versions.created_on,
    versions.close_on,

    versions.opportunity_name,
    versions.stage,
    versions.stage_ordinal,
    versions.status,
    versions.forecast_category,
    versions.currency,
    versions.is_from_history,
    versions.is_backfilled,
    versions.is_deleted,
    versions.source_file,
    versions.source_line,

    versions.amount_in_currency,
    coalesce(versions.probability_pct, stage_probabilities.probability_pct) as probability_pct,
    versions.expected_revenue_in_currency
from versions
left join stage_probabilities
    on
        versions.source_system = stage_probabilities.source_system
        and versions.stage = stage_probabilities.stage
        and versions.known_from_on >= stage_probabilities.known_from_on
        and versions.known_from_on < stage_probabilities.known_to_on
{% if is_incremental() -%}
where versions.opportunity_key in (select changed.opportunity_key from changed)
{%- endif %}
