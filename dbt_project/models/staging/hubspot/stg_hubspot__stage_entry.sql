with entries as (
    {{ current_rows(source('hubspot', 'deal_stage'), ['deal_id', 'stage_id', 'entered_at']) }}
),

deals as (
    {{ current_rows(source('hubspot', 'deal'), ['id']) }}
),

renamed_stages as (
    {{ hubspot_renamed_stages() }}
)

-- An entry has no pipeline: it is the deal's.
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
left join renamed_stages
    on
        entries.stage_id = renamed_stages.stage_id
        and deals.pipeline_id = renamed_stages.pipeline_id
