with events as (select * from {{ ref('core_booking_event') }}),

-- Deals with the day of their first booking, by which a type of splits was in use or not.
booked as (
    select
        opportunity_key,
        source_system,
        opportunity_id,
        least(effective_on, recorded_on) as booked_on
    from (
        select
            *,
            row_number() over (
                partition by opportunity_key order by recorded_at, booking_event_id
            ) as event_rank
        from events
    ) as ranked
    where event_rank = 1
),

delivered_splits as (
    {{ known_versions('opportunity_split', ['split_id']) }}
)

-- Direct splits share a deal among them, those of another type that is the whole another amount of
-- it; every overlay stands alone. An amount that is not the deal's own comes with the split.
select
    booked.opportunity_key,
    case
        when delivered_splits.is_overlay
            then
                'overlay|' || coalesce(delivered_splits.participant_id, 'unassigned')
                || case
                    when delivered_splits.is_of_other_field
                        then '|' || delivered_splits.split_type_id
                    else ''
                end
        when delivered_splits.measure <> 'bookings' then 'split|' || delivered_splits.measure
        else 'direct'
    end as pool,
    coalesce(delivered_splits.participant_id, 'unassigned') as participant_id,
    coalesce(delivered_splits.split_pct, 0) as split_pct,
    case when delivered_splits.is_of_other_field then delivered_splits.split_amount end
        as share_amount_in_currency,
    delivered_splits.known_from_on,
    delivered_splits.known_to_on,
    delivered_splits.split_id,
    delivered_splits.source_file,
    delivered_splits.source_line
from delivered_splits
inner join booked
    on
        delivered_splits.source_system = booked.source_system
        and delivered_splits.opportunity_id = booked.opportunity_id
where
    not coalesce(delivered_splits.is_deleted, false)
    and (
        coalesce(delivered_splits.split_pct, 0) <> 0
        or delivered_splits.is_of_other_field
        and coalesce(delivered_splits.split_amount, 0) <> 0
    )
    and (
        delivered_splits.inactive_from_on is null
        or booked.booked_on < delivered_splits.inactive_from_on
    )
