with quotas as (select * from {{ ref('core_quota') }})

select
    quota_key,
    source_system,
    quota_id,
    participant_id,
    territory_id,
    node,

    period_start_on,
    period_end_on,
    quota_on,
    approved_at,
    known_from_on,

    measure,
    version,
    status,
    declared_period,
    basis,
    is_in_force,
    currency,
    source_file,
    source_line,

    quota_amount_in_currency,
    full_quota_amount,
    prorated_quota_amount,
    quota_amount
from quotas
