-- Marketo writes the ids that were merged as a list in brackets.
with record_merges as (
    select
        {{ each_of("replace(replace(replace(merge_ids, '[', ''), ']', ''), ' ', '')", "','") }}
            as record_id,
        lead_id as survivor_id,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('marketo', 'activity_merge_leads') }}
)

select
    'marketo' as source_system,
    'lead' as object_name,
    record_id,
    survivor_id,
    {{ lineage() }}
from record_merges
