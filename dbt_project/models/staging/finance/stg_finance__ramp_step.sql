with steps as (select * from {{ source('finance', 'ramp_schedule') }})

select
    'finance' as source_system,
    schedule_id,
    tenure_month,
    ramp_pct,
    {{ lineage() }}
from steps
