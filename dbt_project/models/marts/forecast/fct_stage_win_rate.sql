with rates as (select * from {{ ref('core_stage_win_rate') }})

select
    md5(source_system || '|' || stage || '|' || cast(snapshot_on as varchar)) as stage_win_rate_key,
    source_system,
    stage,

    snapshot_on as as_of_on,

    stage_ordinal,
    is_pooled,

    n_closed,
    n_won,
    win_rate_pct
from rates
