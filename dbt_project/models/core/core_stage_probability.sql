with versions as (
    {{ known_versions('pipeline_stage', ['pipeline_id', 'stage_value']) }}
),

-- A stage of several pipelines has the probability of the first one, as its order.
ranked as (
    select
        *,
        min(pipeline_id) over (partition by source_system, stage_value) as first_pipeline_id
    from versions
)

select
    source_system,
    stage_value as stage,
    known_from_on,
    known_to_on,
    probability_pct
from ranked
where pipeline_id is not distinct from first_pipeline_id
