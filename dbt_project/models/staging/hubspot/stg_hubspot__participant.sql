with owners as (select * from {{ source('hubspot', 'owner') }})

select
    'hubspot' as source_system,
    id as participant_id,
    coalesce(nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), ''), id)
        as participant_name,
    -- Owners are in teams as members of them.
    {{ local_date('created_at') }} as hired_on,
    _op = 'upsert' as is_active,
    _recorded_at as recorded_at,
    _extracted_at as extracted_at,
    _op as op,
    _batch_id as batch_id,
    _file as source_file,
    _line as source_line
from owners
