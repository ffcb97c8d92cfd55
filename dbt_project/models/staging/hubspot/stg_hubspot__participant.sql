with owners as (select * from {{ source('hubspot', 'owner') }})

select
    'hubspot' as source_system,
    id as participant_id,
    trim(
        coalesce(first_name, '') || ' ' || coalesce(last_name, '')
    )
        as participant_name,
    cast(null as varchar) as manager_id,
    cast(null as varchar) as manager_name,
    -- Owners are in teams as members of them.
    cast(null as varchar) as team,
    cast(null as varchar) as region,
    cast(null as varchar) as title,
    {{ local_date('created_at') }} as hired_on,
    _op = 'upsert' as is_active,
    _recorded_at as recorded_at,
    _extracted_at as extracted_at,
    _op as op,
    _batch_id as batch_id,
    _file as source_file,
    _line as source_line
from owners
