with leads as (select * from {{ source('marketo', 'lead') }}),

deletions as (
    select distinct lead_id
    from ({{ current_rows(source('marketo', 'activity_delete_lead'), ['id']) }}) as known
)

select
    'marketo' as source_system,
    leads.id as person_id,
    'lead' as person_type,
    leads.email as email_hash,
    {{ local_date('leads.created_at') }} as created_on,
    leads.sfdc_contact_id as converted_to_id,
    deletions.lead_id is not null as is_deleted,
    leads._recorded_at as recorded_at,
    leads._extracted_at as extracted_at,
    leads._op as op,
    leads._batch_id as batch_id,
    leads._file as source_file,
    leads._line as source_line
from leads
left join deletions on leads.id = deletions.lead_id
