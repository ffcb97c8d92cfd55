with programs as (select * from {{ source('marketo', 'program') }})

select
    'marketo' as source_system,
    coalesce(crm_campaign_id, id) as campaign_id,
    id as own_campaign_id,
    name as campaign_name,
    lower(channel) as campaign_type,
    status,
    {{ local_date('start_at') }} as starts_on,
    {{ local_date('end_at') }} as ends_on,
    false as is_deleted,
    {{ lineage() }}
from programs
