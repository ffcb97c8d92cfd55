{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_days('as_of_on') }}",
    on_schema_change='fail'
) }}
with changed_day as (select * from {{ ref('core_changed_day') }}),

base as (
    select *
    from {{ ref('core_forecast_base') }}
    {% if is_incremental() -%}
    where as_of_on >= (select changed_day.first_changed_on from changed_day)
    {%- endif %}
),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'quarter'),

rollups as (select * from {{ ref('seed_forecast_rollup') }}),

-- Running and coming quarters, past ones that still hold open deals, and all of them together.
eligible as (
    select
        base.as_of_on,
        base.period_key
    from base
    left join periods on base.period_key = periods.period_key
    group by base.as_of_on, base.period_key
    having
        sum(base.n_open) > 0
        or max(periods.next_starts_on) > base.as_of_on
),

in_period as (
    select base.*
    from base
    inner join eligible
        on
            base.as_of_on = eligible.as_of_on
            and base.period_key = eligible.period_key

    union all

    select
        base.as_of_on,
        'all' as period_key,
        base.owner_id,
        base.owner_name,
        base.team,
        base.region,
        base.forecast_category,
        base.n_open,
        base.n_missing_amount,
        base.n_without_probability,
        base.n_without_category,
        base.n_without_rate,
        base.n_pooled,
        base.n_train,
        base.open_amount,
        base.crm_weighted_amount,
        base.stage_weighted_amount,
        base.booked_amount
    from base
),

by_node as (
    select
        in_period.*,
        'company' as node_type,
        'company' as node_key,
        'company' as node_name,
        false as is_unassigned
    from in_period

    union all

    select
        in_period.*,
        'region' as node_type,
        {{ region_node('in_period.region') }} as node_key,
        coalesce(in_period.region, 'unassigned') as node_name,
        in_period.region is null as is_unassigned
    from in_period

    union all

    select
        in_period.*,
        'team' as node_type,
        {{ team_node('in_period.region', 'in_period.team') }} as node_key,
        coalesce(in_period.team, 'unassigned') as node_name,
        in_period.team is null as is_unassigned
    from in_period

    union all

    select
        in_period.*,
        'participant' as node_type,
        {{ participant_node('in_period.owner_id') }} as node_key,
        in_period.owner_name as node_name,
        false as is_unassigned
    from in_period
),

by_category as (
    select
        as_of_on,
        period_key,
        node_type,
        node_key,
        node_name,
        is_unassigned,
        forecast_category,
        sum(n_open) as n_open,
        sum(n_missing_amount) as n_missing_amount,
        sum(n_without_probability) as n_without_probability,
        sum(n_without_category) as n_without_category,
        sum(n_without_rate) as n_without_rate,
        sum(n_pooled) as n_pooled,
        min(n_train) as n_train,
        sum(open_amount) as open_amount,
        sum(crm_weighted_amount) as crm_weighted_amount,
        sum(stage_weighted_amount) as stage_weighted_amount,
        sum(booked_amount) as booked_amount
    from by_node
    group by
        as_of_on, period_key, node_type, node_key, node_name, is_unassigned, forecast_category
),

nodes as (
    select
        as_of_on,
        period_key,
        node_type,
        node_key,
        node_name,
        is_unassigned,
        sum(n_open) as n_open,
        sum(n_missing_amount) as n_missing_amount,
        sum(n_without_probability) as n_without_probability,
        sum(n_without_category) as n_without_category,
        sum(n_without_rate) as n_without_rate,
        sum(n_pooled) as n_pooled,
        min(n_train) as n_train,
        sum(crm_weighted_amount) as crm_weighted_amount,
        sum(stage_weighted_amount) as stage_weighted_amount,
        sum(booked_amount) as booked_amount
    from by_category
    group by as_of_on, period_key, node_type, node_key, node_name, is_unassigned
),

-- A method of some of the open categories has to know which one a deal is in.
open_categories as (
    select
        rollups.forecast_category,
        count(*) over () as n_categories
    from rollups
    where rollups.method = 'open_pipeline'
),

methods as (
    select
        rollups.method,
        count(open_categories.forecast_category) > 0
        and count(open_categories.forecast_category)
        < max(open_categories.n_categories) as needs_category
    from rollups
    left join open_categories on rollups.forecast_category = open_categories.forecast_category
    group by rollups.method
),

-- Category roll-ups, single and cumulative (M46). Closed is booked; every other category is open.
rolled_up as (
    select
        nodes.as_of_on,
        nodes.period_key,
        nodes.node_type,
        nodes.node_key,
        nodes.node_name,
        nodes.is_unassigned,
        methods.method,
        case
            when methods.needs_category and nodes.n_without_category > 0
                then 'no_forecast_category'
        end as abstain_reason,
        sum(coalesce(by_category.booked_amount, 0)) as booked_amount,
        sum(coalesce(by_category.open_amount, 0)) as open_amount,
        sum(coalesce(by_category.n_open, 0)) as n_open,
        sum(coalesce(by_category.n_missing_amount, 0)) as n_missing_amount,
        cast(null as bigint) as n_train,
        false as is_pooled
    from nodes
    cross join methods
    inner join rollups on methods.method = rollups.method
    left join by_category
        on
            nodes.as_of_on = by_category.as_of_on
            and nodes.period_key = by_category.period_key
            and nodes.node_type = by_category.node_type
            and nodes.node_key = by_category.node_key
            and rollups.forecast_category = by_category.forecast_category
    group by
        nodes.as_of_on,
        nodes.period_key,
        nodes.node_type,
        nodes.node_key,
        nodes.node_name,
        nodes.is_unassigned,
        nodes.n_without_category,
        methods.method,
        methods.needs_category
),

-- Booked to date plus open amount times the CRM's own probability (M18, the comparison).
crm_weighted as (
    select
        as_of_on,
        period_key,
        node_type,
        node_key,
        node_name,
        is_unassigned,
        'crm_weighted' as method,
        case when n_without_probability > 0 then 'no_probability' end as abstain_reason,
        booked_amount,
        crm_weighted_amount as open_amount,
        n_open,
        n_missing_amount,
        cast(null as bigint) as n_train,
        false as is_pooled
    from nodes
),

-- Booked to date plus open amount times the stage's win rate among deals closed by then (M53).
stage_weighted as (
    select
        as_of_on,
        period_key,
        node_type,
        node_key,
        node_name,
        is_unassigned,
        'stage_weighted' as method,
        case when n_without_rate > 0 then 'too_few_closed_deals' end as abstain_reason,
        booked_amount,
        stage_weighted_amount as open_amount,
        n_open,
        n_missing_amount,
        n_train,
        n_pooled > 0 as is_pooled
    from nodes
),

told as (
    select * from rolled_up
    union all
    select * from crm_weighted
    union all
    select * from stage_weighted
),

-- Without its input a method has no number: a zero would be read as one.
forecasts as (
    select
        as_of_on,
        period_key,
        node_type,
        node_key,
        node_name,
        is_unassigned,
        method,
        abstain_reason,
        booked_amount,
        case when abstain_reason is null then open_amount end as open_amount,
        n_open,
        n_missing_amount,
        n_train,
        is_pooled
    from told
)

select
    md5(
        cast(forecasts.as_of_on as varchar)
        || '|' || forecasts.period_key
        || '|' || forecasts.node_type
        || '|' || forecasts.node_key
        || '|' || forecasts.method
    ) as forecast_key,
    forecasts.period_key,
    forecasts.node_type,
    forecasts.node_key,
    forecasts.method,

    forecasts.as_of_on,
    periods.starts_on as period_start_on,
    periods.next_starts_on as period_end_on,

    forecasts.node_name,
    forecasts.is_unassigned,
    forecasts.is_pooled,
    forecasts.abstain_reason is not null as is_abstained,
    forecasts.abstain_reason,

    cast(forecasts.n_open as bigint) as n_open,
    cast(forecasts.n_missing_amount as bigint) as n_missing_amount,
    cast(forecasts.n_train as bigint) as n_train,
    cast(forecasts.booked_amount as decimal(18, 4)) as booked_amount,
    cast(forecasts.open_amount as decimal(18, 4)) as open_amount,
    cast(forecasts.booked_amount + forecasts.open_amount as decimal(18, 4)) as forecast_amount
from forecasts
left join periods on forecasts.period_key = periods.period_key
