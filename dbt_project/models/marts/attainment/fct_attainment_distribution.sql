with attainment as (select * from {{ ref('fct_quota_attainment') }}),

achievements as (select * from {{ ref('fct_achievement') }} where measure = 'bookings'),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

closure as (
    select * from {{ ref('core_org_closure') }} where known_to_on = {{ open_end() }}
),

quarters as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

spans as (select * from {{ ref('core_observed_span') }}),

booked as (
    select
        participant_id,
        effective_on,
        sum(achieved_amount) as amount
    from achievements
    group by participant_id, effective_on
),

history as (
    select
        min(first_observed_on) as first_observed_on,
        max(last_observed_on) as last_observed_on
    from spans
),

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

leaders as (
    select distinct ancestor_id as participant_id
    from closure
    where distance > 0
),

-- Quarters in which nobody has a quota: everybody who sells, also who sold nothing.
quarters_without_quota as (
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
        and not exists (
            select 1
            from attainment
            where
                attainment.measure = 'bookings'
                and attainment.period_start_on < quarters.next_starts_on
                and attainment.period_end_on > quarters.starts_on
        )
),

seen as (
    select
        participants.participant_id,
        participants.region,
        participants.team,
        quarters_without_quota.starts_on,
        quarters_without_quota.next_starts_on
    from quarters_without_quota
    inner join participants
        on
            quarters_without_quota.seen_on >= participants.valid_from
            and quarters_without_quota.seen_on < participants.valid_to
    left join leaders on participants.participant_id = leaders.participant_id
    where leaders.participant_id is null and coalesce(participants.is_active, true)
),

sold as (
    select
        seen.participant_id,
        seen.region,
        seen.team,
        'bookings' as measure,
        seen.starts_on as period_start_on,
        seen.next_starts_on as period_end_on,
        coalesce(sum(booked.amount), 0) as credit_amount,
        cast(null as double) as attainment_pct
    from seen
    left join booked
        on
            seen.participant_id = booked.participant_id
            and seen.starts_on <= booked.effective_on
            and seen.next_starts_on > booked.effective_on
    group by
        seen.participant_id, seen.region, seen.team, seen.starts_on, seen.next_starts_on
),

population as (
    select * from measured
    union all
    select * from sold
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
