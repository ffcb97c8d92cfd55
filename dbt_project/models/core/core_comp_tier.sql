{{ config(materialized='view') }}

with tiers as (
    {{ latest_versions('comp_tier', ['plan_id', 'measure', 'version', 'lower_pct']) }}
)

select
    source_system,
    plan_id,
    measure,
    version,
    lower_pct,
    upper_pct,
    commission_pct,
    tier_kind,
    cap_amount,
    currency,
    source_file,
    source_line
from tiers
