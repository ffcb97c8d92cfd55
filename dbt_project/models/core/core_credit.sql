{#- Levels above a seller that get team credit; a check refuses a deeper hierarchy. -#}
{%- set n_levels = 6 -%}
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
        0 as management_level,
        booked_on,
        booked_amount as credit_amount
    from bookings
),

-- Team credit: everybody above the owner on the booking day; never added to direct credit.
{%- for level in range(1, n_levels + 1) %}
level_{{ level }} as (
    select
        below.source_system,
        below.opportunity_key,
        below.opportunity_id,
        participants.manager_id as participant_id,
        'team_bookings' as measure,
        {{ level }} as management_level,
        below.booked_on,
        below.credit_amount
    from {{ 'direct' if level == 1 else 'level_' ~ (level - 1) }} as below
    inner join participants
        on
            below.source_system = participants.source_system
            and below.participant_id = participants.participant_id
            and below.booked_on >= participants.valid_from
            and below.booked_on < participants.valid_to
    where participants.manager_id is not null
),
{% endfor %}
credits as (
    select * from direct
    {%- for level in range(1, n_levels + 1) %}
    union all
    select * from level_{{ level }}
    {%- endfor %}
)

select
    md5(opportunity_key || '|' || participant_id || '|' || measure) as credit_key,
    opportunity_key,
    source_system,
    opportunity_id,
    participant_id,
    booked_on,
    measure,
    management_level,
    credit_amount
from credits
