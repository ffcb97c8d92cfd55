{%- set ever = "cast('1900-01-01 00:00:00' as timestamp)" -%}
{%- set never = "cast('9999-12-31 00:00:00' as timestamp)" -%}
{#- The defaults know systems that this company does not use. -#}
{%- set is_enabled = is_one_of('source_system', var('enabled_sources')) -%}
with defaults as (
    select *
    from {{ ref('seed_stage') }}
    where {{ is_enabled }}
),

company_stages as (
    select *
    from {{ source('config', 'stage') }}
    where {{ is_enabled }}
),

delivered as (
    {{ union_entity('pipeline_stage') }}
),

status_categories as (select * from {{ ref('seed_status_category') }}),

first_extracts as (
    {{ first_extracts('pipeline_stage') }}
),

-- A stage that comes later was no stage of the days before, whatever deals of those days say.
told as (
    select
        delivered.source_system,
        delivered.stage_value,
        case
            when min(delivered.extracted_at) > min(first_extracts.first_extracted_at)
                then min(delivered.recorded_at)
            else {{ ever }}
        end as told_from
    from delivered
    inner join first_extracts on delivered.source_system = first_extracts.source_system
    group by delivered.source_system, delivered.stage_value
),

last_said as (
    select
        *,
        lead(recorded_at) over (
            partition by source_system, pipeline_id, stage_value
            order by recorded_at, extracted_at
        ) as next_recorded_at
    from delivered
),

-- Some systems deliver their pipelines: whenever one of them says something of a stage.
points as (
    select distinct
        source_system,
        stage_value,
        recorded_at as point_at
    from delivered
),

-- A stage of several pipelines is the first one's. A stage that was taken out stays known, as deals
-- have passed through it.
ranked as (
    select
        points.source_system,
        points.stage_value,
        points.point_at,
        last_said.pipeline_id,
        last_said.stage_ordinal,
        last_said.status,
        row_number() over (
            partition by points.source_system, points.stage_value, points.point_at
            order by case when last_said.op = 'upsert' then 0 else 1 end, last_said.pipeline_id
        ) as stage_rank
    from points
    inner join last_said
        on
            points.source_system = last_said.source_system
            and points.stage_value = last_said.stage_value
            and points.point_at >= last_said.recorded_at
            and points.point_at < coalesce(last_said.next_recorded_at, {{ never }})
),

compared as (
    select
        *,
        row_number() over by_stage as turn,
        lead(point_at) over by_stage is null as is_last,
        lag(pipeline_id) over by_stage as was_pipeline_id,
        lag(stage_ordinal) over by_stage as was_ordinal,
        lag(status) over by_stage as was_status
    from ranked
    where stage_rank = 1
    window by_stage as (partition by source_system, stage_value order by point_at)
),

-- What is first known of a stage is taken to have been so before.
turns as (
    select
        source_system,
        stage_value,
        pipeline_id,
        stage_ordinal,
        status,
        case when turn = 1 then {{ ever }} else point_at end as known_from
    from compared
    where
        turn = 1
        or pipeline_id is distinct from was_pipeline_id
        or coalesce(stage_ordinal, -1) <> coalesce(was_ordinal, -1)
        or status <> was_status
),

described as (
    select distinct company_stages.source_system from company_stages
),

replaced as (
    select described.source_system from described

    union

    select delivered.source_system from delivered
),

-- A company that describes its own stages replaces those of that source system whole: a mixture of
-- two stage lists would have two orders. Its list names no pipelines: those are the system's.
effective as (
    select
        company_stages.source_system,
        compared.pipeline_id,
        company_stages.stage,
        company_stages.ordinal,
        company_stages.status,
        company_stages.forecast_category,
        false as is_category_of_status,
        {{ ever }} as known_from
    from company_stages
    left join compared
        on
            company_stages.source_system = compared.source_system
            and company_stages.stage = compared.stage_value
            and compared.is_last

    union all

    select
        turns.source_system,
        turns.pipeline_id,
        turns.stage_value as stage,
        turns.stage_ordinal as ordinal,
        turns.status,
        status_categories.forecast_category,
        true as is_category_of_status,
        turns.known_from
    from turns
    left join described on turns.source_system = described.source_system
    left join status_categories on turns.status = status_categories.status
    where described.source_system is null

    union all

    select
        defaults.source_system,
        cast(null as varchar) as pipeline_id,
        defaults.stage,
        defaults.ordinal,
        defaults.status,
        defaults.forecast_category,
        false as is_category_of_status,
        {{ ever }} as known_from
    from defaults
    left join replaced on defaults.source_system = replaced.source_system
    where replaced.source_system is null
),

dated as (
    select
        effective.*,
        case
            when described.source_system is null then coalesce(told.told_from, {{ ever }})
            else {{ ever }}
        end as told_from,
        coalesce(
            lead(effective.known_from) over (
                partition by effective.source_system, effective.stage
                order by effective.known_from
            ),
            {{ never }}
        ) as known_to
    from effective
    left join described on effective.source_system = described.source_system
    left join told
        on
            effective.source_system = told.source_system
            and effective.stage = told.stage_value
)

select
    source_system,
    pipeline_id,
    stage,
    known_from,
    known_to,
    {{ local_date('known_from') }} as known_from_on,
    case when known_to = {{ never }} then {{ open_end() }} else {{ local_date('known_to') }} end
        as known_to_on,
    {{ local_date('told_from') }} as told_from_on,
    cast(ordinal as integer) as stage_ordinal,
    status,
    forecast_category as default_forecast_category,
    is_category_of_status
from dated
