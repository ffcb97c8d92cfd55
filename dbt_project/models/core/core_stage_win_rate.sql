{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_days('snapshot_on') }}",
    on_schema_change='fail'
) }}
with changed_day as (select * from {{ ref('core_changed_day') }}),

versions as (select * from {{ ref('core_opportunity_version') }}),

snapshot_days as (
    select *
    from {{ ref('core_snapshot_day') }}
    {% if is_incremental() -%}
    where snapshot_on >= (select changed_day.first_changed_on from changed_day)
    {%- endif %}
),

stages as (select * from {{ ref('core_stage_version') }}),

-- When each deal first stood in each open stage, as it became known.
entries as (
    select
        opportunity_key,
        source_system,
        stage,
        min(known_from_on) as entered_on
    from versions
    where status = 'open' and not is_deleted
    group by opportunity_key, source_system, stage
),

-- The days on which a deal was known as closed, in the pipeline of its stage.
closings as (
    select
        versions.opportunity_key,
        versions.source_system,
        stages.pipeline_id,
        versions.known_from_on as closed_from_on,
        versions.known_to_on as closed_to_on,
        case when versions.status = 'won' then 1 else 0 end as n_won
    from versions
    inner join stages
        on
            versions.source_system = stages.source_system
            and versions.stage = stages.stage
            and versions.known_from >= stages.known_from
            and versions.known_from < stages.known_to
    where
        versions.status in ('won', 'lost')
        and not versions.is_deleted
        and versions.known_from_on < versions.known_to_on
),

-- A closed deal counts in each stage that it had stood in by then, and from the start in the pool
-- of all closed deals of its pipeline, which has no stage.
counted as (
    select
        closings.source_system,
        cast(null as varchar) as pipeline_id,
        entries.stage,
        greatest(closings.closed_from_on, entries.entered_on) as counts_from_on,
        closings.closed_to_on as counts_to_on,
        closings.n_won
    from closings
    inner join entries
        on
            closings.opportunity_key = entries.opportunity_key
            and closings.closed_to_on > entries.entered_on

    union all

    select
        source_system,
        pipeline_id,
        cast(null as varchar) as stage,
        closed_from_on as counts_from_on,
        closed_to_on as counts_to_on,
        n_won
    from closings
),

-- Both ends of one range, so that what comes in also goes out.
range_ends as (
    select
        source_system,
        pipeline_id,
        stage,
        counts_from_on as changed_on,
        1 as closed_delta,
        n_won as won_delta
    from counted

    union all

    select
        source_system,
        pipeline_id,
        stage,
        counts_to_on as changed_on,
        -1 as closed_delta,
        -n_won as won_delta
    from counted
    where counts_to_on < date '9999-12-31'
),

deltas as (
    select
        source_system,
        pipeline_id,
        stage,
        changed_on,
        sum(closed_delta) as closed_delta,
        sum(won_delta) as won_delta
    from range_ends
    group by source_system, pipeline_id, stage, changed_on
),

known_at as (
    select
        snapshot_days.snapshot_on,
        deltas.source_system,
        deltas.pipeline_id,
        deltas.stage,
        sum(deltas.closed_delta) as n_closed,
        sum(deltas.won_delta) as n_won
    from snapshot_days
    inner join deltas on snapshot_days.snapshot_on >= deltas.changed_on
    group by
        snapshot_days.snapshot_on, deltas.source_system, deltas.pipeline_id, deltas.stage
),

spine as (
    select
        snapshot_days.snapshot_on,
        stages.source_system,
        stages.pipeline_id,
        stages.stage,
        stages.stage_ordinal
    from snapshot_days
    inner join stages
        on
            snapshot_days.snapshot_on >= stages.known_from_on
            and snapshot_days.snapshot_on < stages.known_to_on
            and snapshot_days.snapshot_on >= stages.told_from_on
    where stages.status = 'open'
),

chosen as (
    select
        spine.snapshot_on,
        spine.source_system,
        spine.stage,
        spine.stage_ordinal,
        coalesce(own.n_closed, 0) < {{ var('min_closed_deals') }} as is_pooled,
        case
            when
                coalesce(own.n_closed, 0) < {{ var('min_closed_deals') }}
                then coalesce(pool.n_closed, 0)
            else own.n_closed
        end as n_closed,
        case
            when
                coalesce(own.n_closed, 0) < {{ var('min_closed_deals') }}
                then coalesce(pool.n_won, 0)
            else own.n_won
        end as n_won
    from spine
    left join known_at as own
        on
            spine.snapshot_on = own.snapshot_on
            and spine.source_system = own.source_system
            and spine.stage = own.stage
    left join known_at as pool
        on
            spine.snapshot_on = pool.snapshot_on
            and spine.source_system = pool.source_system
            and spine.pipeline_id is not distinct from pool.pipeline_id
            and pool.stage is null
)

select
    snapshot_on,
    source_system,
    stage,
    stage_ordinal,
    is_pooled,
    cast(n_closed as bigint) as n_closed,
    cast(n_won as bigint) as n_won,
    -- Too few closed deals even in the pool: no rate at all rather than a guess.
    case
        when n_closed >= {{ var('min_closed_deals') }} then {{ ratio('n_won', 'n_closed') }}
    end as win_rate_pct
from chosen
