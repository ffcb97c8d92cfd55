with people as (
    select
        id as person_id,
        'lead' as person_type,
        converted_account_id as account_id,
        email,
        owner_id,
        lead_source,
        created_date,
        converted_contact_id as converted_to_id,
        is_deleted,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'lead') }}

    union all

    select
        id as person_id,
        'contact' as person_type,
        account_id,
        email,
        owner_id,
        lead_source,
        created_date,
        cast(null as varchar) as converted_to_id,
        is_deleted,
        _recorded_at,
        _extracted_at,
        _op,
        _batch_id,
        _file,
        _line
    from {{ source('salesforce', 'contact') }}
)

select
    'salesforce' as source_system,
    person_id,
    person_type,
    account_id,
    email as email_hash,
    owner_id,
    lead_source,
    {{ local_date('created_date') }} as created_on,
    converted_to_id,
    is_deleted,
    {{ lineage() }}
from people
