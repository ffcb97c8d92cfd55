with entries as (
    {{ current_rows(source('hubspot', 'deal_stage'), ['deal_id', 'stage_id', 'entered_at']) }}
),

deals as (
    {{ current_rows(source('hubspot', 'deal'), ['id']) }}
),

pipelines as (
    {{ hubspot_pipelines_of_deals() }}
),

renamed_stages as (
    {{ hubspot_renamed_stages() }}
)

-- An entry has no pipeline: it is the one the deal was in then, or else is in.
select
    'hubspot' as source_system,
    entries.deal_id as opportunity_id,
    coalesce(renamed_stages.stage_value, entries.stage_id) as stage_value,
    {{ local_date('entries.entered_at') }} as entered_on,
    entries._recorded_at as recorded_at,
    entries._extracted_at as extracted_at,
    entries._op as op,
    entries._batch_id as batch_id,
    entries._file as source_file,
    entries._line as source_line
from entries
left join deals on entries.deal_id = deals.id
left join pipelines
    on
        entries.deal_id = pipelines.deal_id
        and entries.entered_at >= pipelines.from_at
        and entries.entered_at < pipelines.to_at
left join renamed_stages
    on
        entries.stage_id = renamed_stages.stage_id
        and coalesce(pipelines.pipeline_id, deals.pipeline_id) = renamed_stages.pipeline_id
