with events as (select * from {{ ref('core_booking_event') }}),

owners as (select * from {{ ref('core_opportunity_owner') }}),

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
),

-- Direct splits share a deal among them, those of another type that is the whole another amount of
-- it; every overlay stands alone. An amount that is not the deal's own comes with the split.
splits as (
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
),

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
    where known_to_on < date '9999-12-31'

    union

    select
        booked.opportunity_key,
        'direct' as pool,
        owners.valid_from_on
    from booked
    inner join owners on booked.opportunity_key = owners.opportunity_key
),

generations as (
    select
        opportunity_key,
        pool,
        valid_from_on,
        coalesce(
            lead(valid_from_on) over (
                partition by opportunity_key, pool order by valid_from_on
            ),
            date '9999-12-31'
        ) as valid_to_on
    from points
),

splits_in_force as (
    select
        generations.opportunity_key,
        generations.pool,
        generations.valid_from_on,
        splits.participant_id,
        splits.split_pct,
        splits.share_amount_in_currency,
        splits.source_file,
        splits.source_line,
        row_number() over (
            partition by
                generations.opportunity_key, generations.pool, generations.valid_from_on,
                splits.participant_id
            order by splits.split_pct desc, splits.split_id asc
        ) as place
    from generations
    inner join splits
        on
            generations.opportunity_key = splits.opportunity_key
            and generations.pool = splits.pool
            and generations.valid_from_on >= splits.known_from_on
            and generations.valid_from_on < splits.known_to_on
),

-- Of several splits of one participant the largest is cited.
split_members as (
    select
        opportunity_key,
        pool,
        valid_from_on,
        participant_id,
        sum(split_pct) as credit_pct,
        sum(share_amount_in_currency) as share_amount_in_currency,
        max(case when place = 1 then source_file end) as source_file,
        max(case when place = 1 then source_line end) as source_line
    from splits_in_force
    group by opportunity_key, pool, valid_from_on, participant_id
),

pool_totals as (
    select
        opportunity_key,
        pool,
        valid_from_on,
        sum(credit_pct) as total_pct,
        sum(share_amount_in_currency) as total_share_amount
    from split_members
    group by opportunity_key, pool, valid_from_on
),

-- Without splits the owner has all of it; what nobody has is the house's.
members as (
    select
        opportunity_key,
        pool,
        valid_from_on,
        participant_id,
        case
            when substring(pool, 1, 6) = 'split|' then 'split'
            when participant_id = 'unassigned' then 'house'
            when pool = 'direct' then 'direct'
            else 'overlay'
        end as credit_type,
        credit_pct,
        share_amount_in_currency,
        source_file,
        source_line
    from split_members

    union all

    select
        generations.opportunity_key,
        generations.pool,
        generations.valid_from_on,
        coalesce(owners.owner_id, 'unassigned') as participant_id,
        case when owners.owner_id is null then 'house' else 'direct' end as credit_type,
        cast(1 as decimal(38, 6)) as credit_pct,
        cast(null as decimal(18, 4)) as share_amount_in_currency,
        cast(null as varchar) as source_file,
        cast(null as bigint) as source_line
    from generations
    left join pool_totals
        on
            generations.opportunity_key = pool_totals.opportunity_key
            and generations.pool = pool_totals.pool
            and generations.valid_from_on = pool_totals.valid_from_on
    left join owners
        on
            generations.opportunity_key = owners.opportunity_key
            and generations.valid_from_on >= owners.valid_from_on
            and generations.valid_from_on < owners.valid_to_on
    where generations.pool = 'direct' and pool_totals.total_pct is null

    union all

    select
        opportunity_key,
        pool,
        valid_from_on,
        'unassigned' as participant_id,
        case when pool = 'direct' then 'house' else 'split' end as credit_type,
        1 - total_pct as credit_pct,
        case when total_share_amount is not null then cast(0 as decimal(18, 4)) end
            as share_amount_in_currency,
        cast(null as varchar) as source_file,
        cast(null as bigint) as source_line
    from pool_totals
    where substring(pool, 1, 8) <> 'overlay|' and total_pct <> 1
),

-- One row per participant, also where the house is named by a split and has a remainder.
parties as (
    select
        opportunity_key,
        pool,
        valid_from_on,
        participant_id,
        max(credit_type) as credit_type,
        cast(sum(credit_pct) as decimal(9, 6)) as credit_pct,
        cast(sum(share_amount_in_currency) as decimal(18, 4)) as share_amount_in_currency,
        max(source_file) as source_file,
        max(source_line) as source_line
    from members
    group by opportunity_key, pool, valid_from_on, participant_id
),

-- A generation with the parties of the one before it is no change.
compared as (
    select
        parties.*,
        generations.valid_to_on,
        count(*) over (
            partition by parties.opportunity_key, parties.pool, parties.valid_from_on
        ) as n_parties,
        case
            when
                lag(generations.valid_to_on) over by_party = parties.valid_from_on
                and lag(parties.credit_pct) over by_party = parties.credit_pct
                and coalesce(lag(parties.share_amount_in_currency) over by_party, 0)
                = coalesce(parties.share_amount_in_currency, 0)
                then 1
            else 0
        end as is_as_before
    from parties
    inner join generations
        on
            parties.opportunity_key = generations.opportunity_key
            and parties.pool = generations.pool
            and parties.valid_from_on = generations.valid_from_on
    window
        by_party as (
            partition by parties.opportunity_key, parties.pool, parties.participant_id
            order by parties.valid_from_on
        )
),

judged as (
    select
        opportunity_key,
        pool,
        valid_from_on,
        valid_to_on,
        n_parties,
        sum(is_as_before) as n_as_before
    from compared
    group by opportunity_key, pool, valid_from_on, valid_to_on, n_parties
),

numbered as (
    select
        *,
        case
            when
                n_as_before = n_parties
                and lag(n_parties) over (
                    partition by opportunity_key, pool order by valid_from_on
                ) = n_parties
                then 0
            else 1
        end as is_new
    from judged
),

islands as (
    select
        *,
        sum(is_new) over (
            partition by opportunity_key, pool order by valid_from_on
            rows between unbounded preceding and current row
        ) as island
    from numbered
),

spans as (
    select
        opportunity_key,
        pool,
        island,
        min(valid_from_on) as valid_from_on,
        max(valid_to_on) as valid_to_on
    from islands
    group by opportunity_key, pool, island
)

select
    spans.opportunity_key,
    spans.pool,
    parties.participant_id,
    parties.credit_type,
    case
        when substring(spans.pool, 1, 6) = 'split|' then substring(spans.pool, 7)
        when parties.credit_type = 'overlay' then 'overlay_bookings'
        else 'bookings'
    end as measure,
    spans.valid_from_on,
    spans.valid_to_on,
    parties.source_file,
    parties.source_line,
    parties.credit_pct,
    parties.share_amount_in_currency,
    -- Where the share begins and ends on the whole: amounts cut there add up exactly.
    cast(sum(parties.credit_pct) over ahead - parties.credit_pct as decimal(9, 6)) as begins_pct,
    cast(sum(parties.credit_pct) over ahead as decimal(9, 6)) as ends_pct
from spans
inner join parties
    on
        spans.opportunity_key = parties.opportunity_key
        and spans.pool = parties.pool
        and spans.valid_from_on = parties.valid_from_on
window
    ahead as (
        partition by spans.opportunity_key, spans.pool, spans.valid_from_on
        order by parties.credit_pct desc, parties.participant_id asc
        rows between unbounded preceding and current row
    )
