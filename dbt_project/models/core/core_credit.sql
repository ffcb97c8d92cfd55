with opportunities as (select * from {{ ref('core_opportunity') }}),

participants as (select * from {{ ref('core_participant_version') }}),

bookings as (
    select
        source_system,
        opportunity_key,
        opportunity_id,
        owner_id,
        close_on as booked_on,
        amount as booked_amount
    from opportunities
    where status = 'won'
),

-- Direct credit: the owner at booking gets the whole; a deal without an owner stays visible.
direct as (
    select
        source_system,
        opportunity_key,
        opportunity_id,
        coalesce(owner_id, 'unassigned') as participant_id,
        'bookings' as measure,
        booked_on,
        booked_amount as credit_amount
    from bookings
),

-- Team credit: the manager of the owner on the booking day; never added to direct credit.
team as (
    select
        bookings.source_system,
        bookings.opportunity_key,
        bookings.opportunity_id,
        participants.manager_id as participant_id,
        'team_bookings' as measure,
        bookings.booked_on,
        bookings.booked_amount as credit_amount
    from bookings
    inner join participants
        on
            bookings.source_system = participants.source_system
            and bookings.owner_id = participants.participant_id
            and bookings.booked_on >= participants.valid_from
            and bookings.booked_on < participants.valid_to
    where participants.manager_id is not null
),

credits as (
    select * from direct
    union all
    select * from team
)

select
    md5(opportunity_key || '|' || participant_id || '|' || measure) as credit_key,
    opportunity_key,
    source_system,
    opportunity_id,
    participant_id,
    booked_on,
    measure,
    credit_amount
from credits
