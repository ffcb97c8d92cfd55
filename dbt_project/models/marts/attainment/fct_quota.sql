with quotas as (select * from {{ ref('core_quota') }})

select
    quota_key,
    source_system,
    quota_id,
    participant_id,

    period_start_on,
    period_end_on,
    quota_on,

    measure,
    version,
    status,
    declared_period,
    is_in_force,
    currency,
    source_file,
    source_line,

    quota_amount_in_currency,
    quota_amount
from quotas
