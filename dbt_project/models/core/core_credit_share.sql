with generations as (select * from {{ ref('core_credit_generation') }}),

parties as (select * from {{ ref('core_credit_party') }}),

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
