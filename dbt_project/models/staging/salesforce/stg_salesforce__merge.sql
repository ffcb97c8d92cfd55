with merged as (
    select
        'account' as object_name,
        id,
        master_record_id,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'account') }}
    where master_record_id is not null

    union all

    select
        'contact' as object_name,
        id,
        master_record_id,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'contact') }}
    where master_record_id is not null

    union all

    select
        'lead' as object_name,
        id,
        master_record_id,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'lead') }}
    where master_record_id is not null
)

select
    'salesforce' as source_system,
    object_name,
    id as record_id,
    master_record_id as survivor_id,
    {{ lineage() }}
from merged
