with opportunities as (select * from {{ ref('fct_opportunity') }}),

last_open as (select * from {{ ref('core_last_open_value') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

spans as (select * from {{ ref('core_observed_span') }}),

-- With what a deal was worth while it was open: lost ones are often zeroed at the close (M33).
closed as (
    select
        opportunities.*,
        calendar.fiscal_quarter_key as period_key,
        last_open.amount as last_open_amount
    from opportunities
    inner join calendar on opportunities.closed_on = calendar.day_on
    left join last_open on opportunities.opportunity_key = last_open.opportunity_key
    where opportunities.status in ('won', 'lost')
),

by_node as (
    select
        'company' as node_type,
        'company' as node_key,
        'company' as node_name,
        false as is_unassigned,
        closed.*
    from closed

    union all

    select
        'region' as node_type,
        {{ region_node('closed.region') }} as node_key,
        coalesce(closed.region, 'unassigned') as node_name,
        closed.region is null as is_unassigned,
        closed.*
    from closed

    union all

    select
        'team' as node_type,
        {{ team_node('closed.region', 'closed.team') }} as node_key,
        coalesce(closed.team, 'unassigned') as node_name,
        closed.team is null as is_unassigned,
        closed.*
    from closed

    union all

    select
        'participant' as node_type,
        {{ participant_node('closed.owner_id') }} as node_key,
        closed.owner_id as node_name,
        false as is_unassigned,
        closed.*
    from closed
),

history as (select min(first_observed_on) as first_observed_on from spans),

counted as (
    select
        by_node.period_key,
        by_node.node_type,
        by_node.node_key,
        by_node.node_name,
        by_node.is_unassigned,
        count(*) filter (where by_node.status = 'won') as n_won,
        count(*) filter (where by_node.status = 'lost') as n_lost,
        coalesce(sum(by_node.amount) filter (where by_node.status = 'won'), 0) as won_amount,
        count(*) filter (where by_node.last_open_amount is null) as n_missing_last_open_amount,
        -- Nothing where nothing was won; not on record where none of what was won has a value.
        case
            when count(*) filter (where by_node.status = 'won') = 0 then 0
            else sum(by_node.last_open_amount) filter (where by_node.status = 'won')
        end as won_last_open_amount,
        sum(by_node.last_open_amount) as closed_last_open_amount,
        min(by_node.last_open_amount) as least_last_open_amount
    from by_node
    group by
        by_node.period_key, by_node.node_type, by_node.node_key, by_node.node_name,
        by_node.is_unassigned
),

-- The seller has the name of the quarter's last day, or of today while it runs.
named as (
    select
        counted.*,
        periods.starts_on,
        periods.next_starts_on,
        coalesce(participants.participant_name, counted.node_name) as shown_name,
        counted.n_won + counted.n_lost as n_closed,
        -- Of one person's few deals a rate says more about chance than about them (C8).
        counted.node_type = 'participant'
        and counted.n_won + counted.n_lost < {{ var('min_deals') }} as is_suppressed,
        counted.node_type = 'participant'
        and counted.n_won + counted.n_lost - counted.n_missing_last_open_amount
        < {{ var('min_deals') }} as is_value_suppressed
    from counted
    inner join periods on counted.period_key = periods.period_key
    cross join latest_extract
    left join participants
        on
            counted.node_type = 'participant'
            -- Until they are named here, people go by their ids.
            and counted.node_name = participants.participant_id
            and least({{ add_days('periods.next_starts_on', -1) }}, latest_extract.as_of_on)
            >= participants.valid_from
            and least({{ add_days('periods.next_starts_on', -1) }}, latest_extract.as_of_on)
            < participants.valid_to
)

select
    md5(named.period_key || '|' || named.node_type || '|' || named.node_key) as win_rate_key,
    named.period_key,
    named.node_type,
    named.node_key,

    named.starts_on as period_start_on,
    named.next_starts_on as period_end_on,

    named.shown_name as node_name,
    named.is_unassigned,
    {{ is_left_truncated('named.starts_on', 'history.first_observed_on') }} as is_left_truncated,
    named.is_suppressed,

    cast(named.n_won as bigint) as n_won,
    cast(named.n_lost as bigint) as n_lost,
    cast(named.n_closed as bigint) as n_closed,
    case
        when not named.is_suppressed then {{ ratio('named.n_won', 'named.n_closed') }}
    end as win_rate_pct,
    cast(named.won_amount as decimal(18, 4)) as won_amount,
    cast(named.n_missing_last_open_amount as bigint) as n_missing_last_open_amount,
    cast(named.won_last_open_amount as decimal(18, 4)) as won_last_open_amount,
    cast(named.closed_last_open_amount as decimal(18, 4)) as closed_last_open_amount,
    -- A share has no meaning where one of the parts takes away, as a downsell does.
    case
        when not named.is_value_suppressed and coalesce(named.least_last_open_amount, 0) >= 0
            then {{ ratio('named.won_last_open_amount', 'named.closed_last_open_amount') }}
    end as value_win_rate_pct
from named
cross join history
