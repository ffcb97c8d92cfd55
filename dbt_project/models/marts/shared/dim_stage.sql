with stages as (select * from {{ ref('core_stage') }})

select
    stage_key,
    source_system,
    pipeline_id,

    stage,
    stage_ordinal,
    status,
    default_forecast_category
from stages
