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

stage_versions as (
    {{ union_entity('pipeline_stage') }}
),

-- Some systems deliver their pipelines; a stage of several of them is the first one's. A stage that
-- was taken out stays known, as deals have passed through it.
delivered as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by source_system, stage_value
                order by case when op = 'upsert' then 0 else 1 end, pipeline_id
            ) as stage_rank
        from (
            select
                *,
                row_number() over (
                    partition by source_system, pipeline_id, stage_value
                    order by extracted_at desc, recorded_at desc, source_file desc, source_line desc
                ) as version_rank
            from stage_versions
        ) as ranked
        where version_rank = 1
    ) as last_known
    where stage_rank = 1
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
        company_stages.forecast_category,
        false as is_category_of_status
    from company_stages

    union all

    select
        delivered.source_system,
        delivered.stage_value as stage,
        delivered.stage_ordinal as ordinal,
        delivered.status,
        status_categories.forecast_category,
        true as is_category_of_status
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
        defaults.forecast_category,
        false as is_category_of_status
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
    forecast_category as default_forecast_category,
    is_category_of_status
from effective
