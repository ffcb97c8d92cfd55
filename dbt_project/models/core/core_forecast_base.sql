{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_days('as_of_on') }}",
    on_schema_change='fail'
) }}
with changed_day as (select * from {{ ref('core_changed_day') }}),

snapshots as (
    select *
    from {{ ref('core_pipeline_snapshot') }}
    {% if is_incremental() -%}
    where snapshot_on >= (select changed_day.first_changed_on from changed_day)
    {%- endif %}
),

versions as (select * from {{ ref('core_opportunity_version') }}),

snapshot_days as (
    select *
    from {{ ref('core_snapshot_day') }}
    {% if is_incremental() -%}
    where snapshot_on >= (select changed_day.first_changed_on from changed_day)
    {%- endif %}
),

win_rates as (select * from {{ ref('core_stage_win_rate') }}),

participants as (select * from {{ ref('core_participant_version') }}),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

open_deals as (
    select
        snapshots.snapshot_on as as_of_on,
        snapshots.close_period_key as period_key,
        snapshots.owner_id,
        snapshots.owner_name,
        coalesce(snapshots.team, 'unassigned') as team,
        coalesce(snapshots.region, 'unassigned') as region,
        snapshots.forecast_category,
        1 as n_open,
        case when snapshots.is_amount_missing then 1 else 0 end as n_missing_amount,
        coalesce(snapshots.amount, 0) as open_amount,
        coalesce(snapshots.weighted_amount, 0) as crm_weighted_amount,
        case
            when snapshots.amount is null then 0
            else snapshots.amount * win_rates.win_rate_pct
        end as stage_weighted_amount,
        case when win_rates.win_rate_pct is null then 1 else 0 end as n_without_rate,
        case when win_rates.is_pooled then 1 else 0 end as n_pooled,
        win_rates.n_closed as n_train,
        cast(0 as decimal(18, 4)) as booked_amount
    from snapshots
    left join win_rates
        on
            snapshots.snapshot_on = win_rates.snapshot_on
            and snapshots.source_system = win_rates.source_system
            and snapshots.stage = win_rates.stage
),

won_deals as (
    select
        snapshot_days.snapshot_on as as_of_on,
        calendar.fiscal_quarter_key as period_key,
        coalesce(versions.owner_id, 'unassigned') as owner_id,
        case
            when versions.owner_id is null then 'unassigned'
            else coalesce(participants.participant_name, versions.owner_id)
        end as owner_name,
        coalesce(participants.team, 'unassigned') as team,
        coalesce(participants.region, 'unassigned') as region,
        versions.forecast_category,
        {{ at_rate('versions.amount_in_currency', 'plan_rates.plan_rate') }} as booked_amount
    from snapshot_days
    inner join versions
        on
            snapshot_days.snapshot_on >= versions.known_from_on
            and snapshot_days.snapshot_on < versions.known_to_on
    left join calendar on versions.close_on = calendar.day_on
    -- The seller as of the close, as in fct_opportunity: a later move does not move bookings.
    left join participants
        on
            versions.source_system = participants.source_system
            and versions.owner_id = participants.participant_id
            and least(versions.close_on, snapshot_days.snapshot_on) >= participants.valid_from
            and least(versions.close_on, snapshot_days.snapshot_on) < participants.valid_to
    left join plan_rates
        on
            versions.currency = plan_rates.currency
            and least(versions.close_on, snapshot_days.snapshot_on) >= plan_rates.valid_from
            and least(versions.close_on, snapshot_days.snapshot_on) < plan_rates.valid_to
    where versions.status = 'won' and not versions.is_deleted
),

deals as (
    select
        as_of_on,
        period_key,
        owner_id,
        owner_name,
        team,
        region,
        forecast_category,
        n_open,
        n_missing_amount,
        open_amount,
        crm_weighted_amount,
        stage_weighted_amount,
        n_without_rate,
        n_pooled,
        n_train,
        booked_amount
    from open_deals

    union all

    select
        as_of_on,
        period_key,
        owner_id,
        owner_name,
        team,
        region,
        forecast_category,
        0 as n_open,
        0 as n_missing_amount,
        0 as open_amount,
        0 as crm_weighted_amount,
        0 as stage_weighted_amount,
        0 as n_without_rate,
        0 as n_pooled,
        cast(null as bigint) as n_train,
        coalesce(booked_amount, 0) as booked_amount
    from won_deals
)

select
    as_of_on,
    coalesce(period_key, 'undated') as period_key,
    owner_id,
    max(owner_name) as owner_name,
    team,
    region,
    forecast_category,
    cast(sum(n_open) as bigint) as n_open,
    cast(sum(n_missing_amount) as bigint) as n_missing_amount,
    cast(sum(n_without_rate) as bigint) as n_without_rate,
    cast(sum(n_pooled) as bigint) as n_pooled,
    min(n_train) as n_train,
    cast(sum(open_amount) as decimal(18, 4)) as open_amount,
    cast(sum(crm_weighted_amount) as decimal(18, 4)) as crm_weighted_amount,
    cast(sum(stage_weighted_amount) as decimal(18, 4)) as stage_weighted_amount,
    cast(sum(booked_amount) as decimal(18, 4)) as booked_amount
from deals
group by as_of_on, period_key, owner_id, team, region, forecast_category
