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

plan_rates as (select * from {{ ref('core_plan_rate_version') }}),

calendar as (select * from {{ ref('core_calendar_day') }}),

open_deals as (
    select
        snapshots.snapshot_on as as_of_on,
        snapshots.close_period_key as period_key,
        snapshots.owner_id,
        snapshots.team,
        snapshots.region,
        snapshots.forecast_category,
        1 as n_open,
        case
            when snapshots.amount <> 0 and snapshots.probability_pct is null then 1
            else 0
        end as n_without_probability,
        case
            when snapshots.amount <> 0 and snapshots.is_category_presumed then 1
            else 0
        end as n_without_category,
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
        participants.team,
        participants.region,
        -- What is won is booked, whatever category it was left in (M46).
        'Closed' as forecast_category,
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
            and snapshot_days.snapshot_on >= participants.known_from_on
            and snapshot_days.snapshot_on < participants.known_to_on
    left join plan_rates
        on
            versions.currency = plan_rates.currency
            and least(versions.close_on, snapshot_days.snapshot_on) >= plan_rates.valid_from
            and least(versions.close_on, snapshot_days.snapshot_on) < plan_rates.valid_to
            and snapshot_days.snapshot_on >= plan_rates.known_from_on
            and snapshot_days.snapshot_on < plan_rates.known_to_on
    where versions.status = 'won' and not versions.is_deleted
),

deals as (
    select
        as_of_on,
        period_key,
        owner_id,
        team,
        region,
        forecast_category,
        n_open,
        n_without_probability,
        n_without_category,
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
        team,
        region,
        forecast_category,
        0 as n_open,
        0 as n_without_probability,
        0 as n_without_category,
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
    deals.as_of_on,
    coalesce(deals.period_key, 'undated') as period_key,
    deals.owner_id,
    coalesce(owners.participant_name, deals.owner_id) as owner_name,
    deals.team,
    deals.region,
    deals.forecast_category,
    cast(sum(deals.n_open) as bigint) as n_open,
    cast(sum(deals.n_missing_amount) as bigint) as n_missing_amount,
    cast(sum(deals.n_without_probability) as bigint) as n_without_probability,
    cast(sum(deals.n_without_category) as bigint) as n_without_category,
    cast(sum(deals.n_without_rate) as bigint) as n_without_rate,
    cast(sum(deals.n_pooled) as bigint) as n_pooled,
    min(deals.n_train) as n_train,
    cast(sum(deals.open_amount) as decimal(18, 4)) as open_amount,
    cast(sum(deals.crm_weighted_amount) as decimal(18, 4)) as crm_weighted_amount,
    cast(sum(deals.stage_weighted_amount) as decimal(18, 4)) as stage_weighted_amount,
    cast(sum(deals.booked_amount) as decimal(18, 4)) as booked_amount
from deals
-- Named as known on the day, also for what was won under another name.
left join participants as owners
    on
        deals.owner_id = owners.participant_id
        and deals.as_of_on >= owners.valid_from
        and deals.as_of_on < owners.valid_to
        and deals.as_of_on >= owners.known_from_on
        and deals.as_of_on < owners.known_to_on
group by
    deals.as_of_on, deals.period_key, deals.owner_id, owners.participant_name, deals.team,
    deals.region, deals.forecast_category
