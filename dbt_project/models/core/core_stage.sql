with defaults as (select * from {{ ref('seed_stage') }}),

company_stages as (select * from {{ source('config', 'stage') }}),

replaced as (select distinct company_stages.source_system from company_stages),

-- A company that describes its own stages replaces the defaults of that source system whole:
-- a mixture of two stage lists would have two orders.
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
