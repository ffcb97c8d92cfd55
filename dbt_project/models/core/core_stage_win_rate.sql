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

stages as (select * from {{ ref('core_stage') }} where status = 'open'),

-- When each deal first stood in each open stage, as it became known.
entries as (
    select
        opportunity_key,
        source_system,
        stage_ordinal,
        min(known_from_on) as entered_on
    from versions
    where status = 'open' and not is_deleted
    group by opportunity_key, source_system, stage_ordinal
),

-- While a deal is known as closed it counts; a reversal takes it out again on the day it is known.
closings as (
    select
        opportunity_key,
        source_system,
        known_from_on as changed_on,
        1 as closed_delta,
        case when status = 'won' then 1 else 0 end as won_delta
    from versions
    where status in ('won', 'lost') and not is_deleted and known_from_on < known_to_on

    union all

    select
        opportunity_key,
        source_system,
        known_to_on as changed_on,
        -1 as closed_delta,
        case when status = 'won' then -1 else 0 end as won_delta
    from versions
    where
        status in ('won', 'lost')
        and not is_deleted
        and known_from_on < known_to_on
        and known_to_on < date '9999-12-31'
),

by_stage_and_day as (
    select
        closings.source_system,
        entries.stage_ordinal,
        closings.changed_on,
        sum(closings.closed_delta) as closed_delta,
        sum(closings.won_delta) as won_delta
    from closings
    inner join entries
        on
            closings.opportunity_key = entries.opportunity_key
            and closings.changed_on >= entries.entered_on
    group by closings.source_system, entries.stage_ordinal, closings.changed_on
),

-- Stage 0 is the pool of all closed deals of the source system.
pooled_by_day as (
    select
        source_system,
        0 as stage_ordinal,
        changed_on,
        sum(closed_delta) as closed_delta,
        sum(won_delta) as won_delta
    from closings
    group by source_system, changed_on
),

deltas as (
    select * from by_stage_and_day
    union all
    select * from pooled_by_day
),

known_at as (
    select
        snapshot_days.snapshot_on,
        deltas.source_system,
        deltas.stage_ordinal,
        sum(deltas.closed_delta) as n_closed,
        sum(deltas.won_delta) as n_won
    from snapshot_days
    inner join deltas on snapshot_days.snapshot_on >= deltas.changed_on
    group by snapshot_days.snapshot_on, deltas.source_system, deltas.stage_ordinal
),

spine as (
    select
        snapshot_days.snapshot_on,
        stages.source_system,
        stages.stage,
        stages.stage_ordinal
    from snapshot_days
    cross join stages
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
            and spine.stage_ordinal = own.stage_ordinal
    left join known_at as pool
        on
            spine.snapshot_on = pool.snapshot_on
            and spine.source_system = pool.source_system
            and pool.stage_ordinal = 0
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
