with attainment as (select * from {{ ref('fct_quota_attainment') }}),

sellers as (select * from {{ ref('core_quarter_seller') }}),

-- Who is measured (M11): with a quota, fully ramped and in seat all period.
measured as (
    select
        participant_id,
        region,
        team,
        measure,
        period_start_on,
        period_end_on,
        credit_amount,
        attainment_pct
    from attainment
    where
        is_fully_ramped
        and is_in_seat_all_period
        and substring(measure, 1, 5) <> 'team_'
),

-- Quarters in which nobody has a quota: everybody who sells, also who sold nothing.
without_quota as (
    select
        sellers.participant_id,
        sellers.region,
        sellers.team,
        'bookings' as measure,
        sellers.period_start_on,
        sellers.period_end_on,
        sellers.booked_amount as credit_amount,
        cast(null as double) as attainment_pct
    from sellers
    where
        not exists (
            select 1
            from attainment
            where
                attainment.measure = 'bookings'
                and attainment.period_start_on < sellers.period_end_on
                and attainment.period_end_on > sellers.period_start_on
        )
),

population as (
    select * from measured
    union all
    select * from without_quota
),

by_node as (
    select
        'company' as node_key,
        'company' as node_type,
        false as is_unassigned,
        population.*
    from population

    union all

    select
        {{ region_node('region') }} as node_key,
        'region' as node_type,
        region is null as is_unassigned,
        population.*
    from population

    union all

    select
        {{ team_node('region', 'team') }} as node_key,
        'team' as node_type,
        team is null as is_unassigned,
        population.*
    from population
),

ranked as (
    select
        *,
        row_number() over (
            partition by node_key, measure, period_start_on, period_end_on
            order by credit_amount, participant_id
        ) as credit_rank,
        count(*) over (partition by node_key, measure, period_start_on, period_end_on) as n_ranked
    from by_node
),

summed as (
    select
        node_key,
        node_type,
        is_unassigned,
        measure,
        period_start_on,
        period_end_on,
        count(*) as n_people,
        count(attainment_pct) as n_with_quota,
        sum(case when credit_amount = 0 then 1 else 0 end) as n_at_zero,
        sum(case when attainment_pct >= 1 then 1 else 0 end) as n_at_quota,
        sum(case when attainment_pct >= 0.8 then 1 else 0 end) as n_at_80,
        percentile_cont(0.25) within group (order by attainment_pct) as p25_attainment_pct,
        percentile_cont(0.5) within group (order by attainment_pct) as median_attainment_pct,
        percentile_cont(0.75) within group (order by attainment_pct) as p75_attainment_pct,
        sum(credit_amount) as credit_amount,
        -- The best tenth, rounded up to whole people.
        sum(case when credit_rank > n_ranked - ceil(n_ranked / 10.0) then credit_amount else 0 end)
            as top_decile_amount,
        sum(cast(credit_rank as double) * cast(credit_amount as double)) as ranked_amount,
        min(credit_amount) as least_credit_amount
    from ranked
    group by node_key, node_type, is_unassigned, measure, period_start_on, period_end_on
)

select
    md5(
        node_key || '|' || measure || '|' || cast(period_start_on as varchar) || '|'
        || cast(period_end_on as varchar)
    ) as distribution_key,
    node_key,

    period_start_on,
    period_end_on,

    node_type,
    is_unassigned,
    measure,
    n_people < {{ var('min_people') }} as is_suppressed,

    n_people,
    {%- set shown = 'n_people >= ' ~ var('min_people') %}
    case when {{ shown }} then n_with_quota end as n_with_quota,
    case when {{ shown }} then cast(n_at_zero as bigint) end as n_at_zero,
    case when {{ shown }} then cast(n_at_quota as bigint) end as n_at_quota,
    case when {{ shown }} then cast(n_at_80 as bigint) end as n_at_80,
    case when {{ shown }} then {{ ratio('n_at_quota', 'n_with_quota') }} end as at_quota_pct,
    case when {{ shown }} then {{ ratio('n_at_80', 'n_with_quota') }} end as at_80_pct,
    case when {{ shown }} then p25_attainment_pct end as p25_attainment_pct,
    case when {{ shown }} then median_attainment_pct end as median_attainment_pct,
    case when {{ shown }} then p75_attainment_pct end as p75_attainment_pct,
    cast(case when {{ shown }} then credit_amount end as decimal(18, 4)) as credit_amount,
    cast(case when {{ shown }} then top_decile_amount end as decimal(18, 4))
        as top_decile_amount,
    case
        when {{ shown }} and credit_amount > 0
            then {{ ratio('top_decile_amount', 'credit_amount') }}
    end as top_decile_share_pct,
    -- Gini's index has no meaning where somebody is below zero.
    case
        when {{ shown }} and credit_amount > 0 and least_credit_amount >= 0
            then
                2 * ranked_amount / (n_people * cast(credit_amount as double))
                - cast(n_people + 1 as double) / n_people
    end as gini_index
from summed
