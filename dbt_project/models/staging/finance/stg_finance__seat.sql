with seats as (select * from {{ source('finance', 'seat') }})

select
    'finance' as source_system,
    participant_id,
    seat_state,
    valid_from,
    valid_to,
    plan_id,
    ramp_schedule_id,
    {{ lineage() }}
from seats
