with splits as (select * from {{ ref('core_deal_split') }}),

booked as (select distinct opportunity_key from {{ ref('core_booking_event') }}),

owners as (select * from {{ ref('core_opportunity_owner') }}),

-- Days on which the parties to a deal may change.
points as (
    select
        opportunity_key,
        pool,
        known_from_on as valid_from_on
    from splits

    union

    select
        opportunity_key,
        pool,
        known_to_on as valid_from_on
    from splits
    where known_to_on < {{ open_end() }}

    union

    select
        booked.opportunity_key,
        'direct' as pool,
        owners.valid_from_on
    from booked
    inner join owners on booked.opportunity_key = owners.opportunity_key
)

{{ ranges_between(
    'points', ['opportunity_key', 'pool'], point='valid_from_on',
    starts='valid_from_on', ends='valid_to_on'
) }}
