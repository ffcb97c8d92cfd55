with versions as (select * from {{ ref('core_stage_version') }})

select
    {{ surrogate_key('source_system', 'stage') }} as stage_key,
    source_system,
    pipeline_id,
    stage,
    stage_ordinal,
    status,
    default_forecast_category,
    is_category_of_status
from versions
where known_to_on = {{ open_end() }}
