with quotas as (select * from {{ source('finance', 'quota') }})

select
    'finance' as source_system,
    quota_id,
    participant_id,
    measure,
    version,
    status,
    approved_at,
    period_start_on as quota_on,
    period_end_on,
    quota_amount,
    currency,
    territory_id,
    node,
    basis,
    false as is_of_team_if_leading,
    {{ lineage() }}
from quotas
