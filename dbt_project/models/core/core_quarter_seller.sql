with participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

closure as (
    select * from {{ ref('core_org_closure') }} where known_to_on = {{ open_end() }}
),

seats as (select * from {{ ref('core_seat') }} where known_to_on = {{ open_end() }}),

seated as (select * from {{ ref('core_seated_quarter') }}),

achievements as (select * from {{ ref('core_achievement') }} where measure = 'bookings'),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

spans as (select * from {{ ref('core_observed_span') }}),

history as (
    select
        min(first_observed_on) as first_observed_on,
        max(last_observed_on) as last_observed_on
    from spans
),

has_seats as (
    select count(*) > 0 as is_told
    from seats
),

observed as (
    select
        quarters.starts_on,
        quarters.next_starts_on,
        least({{ add_days('quarters.next_starts_on', -1) }}, latest_extract.as_of_on) as seen_on
    from quarters
    cross join history
    cross join latest_extract
    where
        quarters.next_starts_on > history.first_observed_on
        and quarters.starts_on <= least(history.last_observed_on, latest_extract.as_of_on)
),

led_by as (
    select distinct
        observed.starts_on,
        closure.ancestor_id as participant_id
    from observed
    inner join closure
        on
            observed.seen_on >= closure.valid_from
            and observed.seen_on < closure.valid_to
    where closure.distance > 0
),

booked as (
    select
        observed.starts_on,
        achievements.participant_id,
        sum(achievements.achieved_amount) as booked_amount
    from observed
    inner join achievements
        on
            observed.starts_on <= achievements.effective_on
            and observed.next_starts_on > achievements.effective_on
    group by observed.starts_on, achievements.participant_id
),

-- Where seats are delivered they say who sells (M11).
present as (
    select
        observed.starts_on,
        observed.next_starts_on,
        participants.participant_id,
        participants.region,
        participants.team,
        coalesce(booked.booked_amount, 0) as booked_amount,
        case
            when has_seats.is_told then coalesce(seated.is_fully_ramped, false)
            -- Nobody says who sells: whoever is there, and who has left since and sold.
            else
                booked.participant_id is not null
                or (
                    coalesce(participants.is_active, true)
                    and coalesce(participants.hired_on < observed.next_starts_on, true)
                )
        end as is_seller
    from observed
    cross join has_seats
    inner join participants
        on
            observed.seen_on >= participants.valid_from
            and observed.seen_on < participants.valid_to
    left join led_by
        on
            observed.starts_on = led_by.starts_on
            and participants.participant_id = led_by.participant_id
    left join seated
        on
            observed.starts_on = seated.period_start_on
            and participants.participant_id = seated.participant_id
    left join booked
        on
            observed.starts_on = booked.starts_on
            and participants.participant_id = booked.participant_id
    where led_by.participant_id is null
)

select
    participant_id,
    starts_on as period_start_on,
    next_starts_on as period_end_on,
    region,
    team,
    booked_amount
from present
where is_seller
