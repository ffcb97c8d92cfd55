with quotas as (select * from {{ ref('core_quota_in_force') }})

select
    md5(
        coalesce(participant_id, '') || '|' || coalesce(node, '') || '|' || measure || '|'
        || cast(period_start_on as varchar) || '|' || cast(period_end_on as varchar) || '|'
        || cast(known_from_on as varchar)
    ) as quota_in_force_key,
    quota_key,
    participant_id,
    node,

    period_start_on,
    period_end_on,
    known_from_on,
    known_to_on,

    measure,
    is_fully_ramped,
    is_in_seat_all_period,
    source_file,
    source_line,

    n_quotas,
    full_quota_amount,
    prorated_quota_amount,
    quota_amount
from quotas
