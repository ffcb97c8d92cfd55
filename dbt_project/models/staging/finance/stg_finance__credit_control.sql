with totals as (select * from {{ source('finance', 'seller_total') }})

select
    'finance' as source_system,
    participant_id,
    total_name as control_name,
    n_periods,
    credited_amount as control_amount,
    {{ lineage() }}
from totals
