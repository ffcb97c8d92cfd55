{{ config(
    materialized=incremental_where_possible(), incremental_strategy='delete+insert',
    unique_key='opportunity_key',
    on_schema_change='fail'
) }}
with versions as (select * from {{ ref('core_opportunity_version') }}),

changed as (select * from {{ ref('core_changed_opportunity') }})

select
    md5(opportunity_key || '|' || cast(known_from as varchar)) as opportunity_version_key,
    opportunity_key,
    source_system,
    opportunity_id,
    coalesce(account_id, 'unassigned') as account_id,
    coalesce(owner_id, 'unassigned') as owner_id,
    product_id,

    known_from as known_from_at,
    known_to as known_to_at,
    known_from_on,
    known_to_on,
    created_on,
    close_on,

    opportunity_name,
    stage,
    stage_ordinal,
    status,
    forecast_category,
    currency,
    is_from_history,
    is_backfilled,
    is_deleted,
    source_file,
    source_line,

    amount_in_currency,
    probability_pct,
    expected_revenue_in_currency
from versions
{% if is_incremental() -%}
where opportunity_key in (select changed.opportunity_key from changed)
{%- endif %}
