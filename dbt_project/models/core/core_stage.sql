with defaults as (select * from {{ ref('seed_stage') }}),

company_stages as (select * from {{ source('config', 'stage') }}),

-- Some systems deliver their pipelines; a stage of several of them is the first one's.
delivered as (
    select *
    from (
        select
            stages.*,
            row_number() over (
                partition by stages.source_system, stages.stage_value order by stages.pipeline_id
            ) as pipeline_rank
        from ({{ latest_versions('pipeline_stage', ['pipeline_id', 'stage_value']) }}) as stages
    ) as ranked
    where pipeline_rank = 1
),

described as (
    select distinct company_stages.source_system from company_stages
),

replaced as (
    select described.source_system from described

    union

    select delivered.source_system from delivered
),

status_categories as (select * from {{ ref('seed_status_category') }}),

-- A company that describes its own stages replaces those of that source system whole: a mixture of
-- two stage lists would have two orders.
effective as (
    select
        company_stages.source_system,
        company_stages.stage,
        company_stages.ordinal,
        company_stages.status,
        company_stages.forecast_category
    from company_stages

    union all

    select
        delivered.source_system,
        delivered.stage_value as stage,
        delivered.stage_ordinal as ordinal,
        delivered.status,
        status_categories.forecast_category
    from delivered
    left join described on delivered.source_system = described.source_system
    left join status_categories on delivered.status = status_categories.status
    where described.source_system is null

    union all

    select
        defaults.source_system,
        defaults.stage,
        defaults.ordinal,
        defaults.status,
        defaults.forecast_category
    from defaults
    left join replaced on defaults.source_system = replaced.source_system
    where replaced.source_system is null
)

select
    {{ surrogate_key('source_system', 'stage') }} as stage_key,
    source_system,
    stage,
    cast(ordinal as integer) as stage_ordinal,
    status,
    forecast_category as default_forecast_category
from effective
