with stages as (select * from {{ source('hubspot', 'deal_pipeline_stage') }}),

pipelines as (
    {{ current_rows(source('hubspot', 'deal_pipeline'), ['id']) }}
),

renamed_stages as (
    {{ hubspot_renamed_stages() }}
)

select
    'hubspot' as source_system,
    stages.pipeline_id,
    pipelines.label as pipeline_name,
    coalesce(renamed_stages.stage_value, stages.id) as stage_value,
    stages.label as stage_name,
    stages.display_order as stage_ordinal,
    stages.probability as probability_pct,
    -- The probability speaks only where the stage does not say itself whether it is closed.
    case
        when stages.is_won or (stages.is_won is null and stages.probability = 1) then 'won'
        when stages.is_closed or (stages.is_closed is null and stages.probability = 0) then 'lost'
        else 'open'
    end as status,
    stages._recorded_at as recorded_at,
    stages._extracted_at as extracted_at,
    stages._op as op,
    stages._batch_id as batch_id,
    stages._file as source_file,
    stages._line as source_line
from stages
left join pipelines on stages.pipeline_id = pipelines.id
left join renamed_stages
    on
        stages.id = renamed_stages.stage_id
        and stages.pipeline_id = renamed_stages.pipeline_id
