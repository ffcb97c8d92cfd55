with versions as (
    select
        'account' as object_name,
        id,
        master_record_id,
        _recorded_at,
        _extracted_at,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'account') }}

    union all

    select
        'contact' as object_name,
        id,
        master_record_id,
        _recorded_at,
        _extracted_at,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'contact') }}

    union all

    select
        'lead' as object_name,
        id,
        master_record_id,
        _recorded_at,
        _extracted_at,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'lead') }}
),

merged as (
    select distinct
        object_name,
        id
    from versions
    where master_record_id is not null
)

select
    'salesforce' as source_system,
    versions.object_name,
    versions.id as record_id,
    versions.master_record_id as survivor_id,
    versions._recorded_at as recorded_at,
    versions._extracted_at as extracted_at,
    -- The recycle bin is emptied in the end and the record stays merged; one that is restored names
    -- no master any more.
    case when versions.master_record_id is null then 'delete' else 'upsert' end as op,
    versions._batch_id as batch_id,
    versions._file as source_file,
    versions._line as source_line
from versions
inner join merged
    on
        versions.object_name = merged.object_name
        and versions.id = merged.id
