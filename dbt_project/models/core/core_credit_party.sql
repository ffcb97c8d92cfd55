with splits as (select * from {{ ref('core_deal_split') }}),

generations as (select * from {{ ref('core_credit_generation') }}),

owners as (select * from {{ ref('core_opportunity_owner') }}),

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
)

-- One row per participant, also where the house is named by a split and has a remainder.
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
