with targets as (select * from {{ source('finance', 'plan_target') }})

select
    'finance' as source_system,
    node || '|' || kpi || '|' || cast(period_start_on as varchar) || '|' || version as target_id,
    node,
    kpi,
    version,
    period_start_on,
    target_amount,
    currency,
    {{ lineage() }}
from targets
