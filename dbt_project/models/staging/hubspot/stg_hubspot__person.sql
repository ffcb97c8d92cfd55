with contacts as (select * from {{ source('hubspot', 'contact') }})

select
    'hubspot' as source_system,
    contacts.id as person_id,
    'contact' as person_type,
    contacts.email as email_hash,
    contacts.owner_id,
    {{ local_date('contacts.created_at') }} as created_on,
    false as is_deleted,
    contacts._recorded_at as recorded_at,
    contacts._extracted_at as extracted_at,
    contacts._op as op,
    contacts._batch_id as batch_id,
    contacts._file as source_file,
    contacts._line as source_line
from contacts
