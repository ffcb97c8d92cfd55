with seats as (
    {{ known_versions('seat', ['participant_id', 'seat_state', 'valid_from']) }}
)

select
    source_system,
    participant_id,
    seat_state,
    {{ from_the_start('valid_from') }} as valid_from,
    {{ open_end('valid_to') }} as valid_to,
    known_from_on,
    known_to_on,
    plan_id,
    ramp_schedule_id,
    source_file,
    source_line
from seats
