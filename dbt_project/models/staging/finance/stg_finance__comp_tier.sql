with tiers as (select * from {{ source('finance', 'comp_tier') }})

select
    'finance' as source_system,
    plan_id,
    measure,
    version,
    lower_pct,
    upper_pct,
    commission_pct,
    tier_kind,
    cap_amount,
    currency,
    {{ lineage() }}
from tiers
