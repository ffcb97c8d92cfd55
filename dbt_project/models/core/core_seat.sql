with seats as (
    {{ known_versions('seat', ['participant_id', 'seat_state', 'valid_from']) }}
)

select
    source_system,
    participant_id,
    seat_state,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    known_from_on,
    known_to_on,
    plan_id,
    ramp_schedule_id,
    source_file,
    source_line
from seats
