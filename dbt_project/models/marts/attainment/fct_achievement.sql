with achievements as (select * from {{ ref('core_achievement') }})

select
    achievement_key,
    participant_id,

    effective_on,
    recorded_on,

    measure,
    cause,

    n_bookings,
    achieved_amount
from achievements
