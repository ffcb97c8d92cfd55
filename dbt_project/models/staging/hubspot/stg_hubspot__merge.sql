with merged as (
    select
        'opportunity' as object_name,
        merged_deal_id as record_id,
        deal_id as survivor_id,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'merged_deal') }}

    union all

    select
        'contact' as object_name,
        merged_contact_id as record_id,
        contact_id as survivor_id,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('hubspot', 'contact_merge_audit') }}
)

select
    'hubspot' as source_system,
    object_name,
    record_id,
    survivor_id,
    {{ lineage() }}
from merged
