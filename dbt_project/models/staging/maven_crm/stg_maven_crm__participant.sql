with teams as (select * from {{ source('maven_crm', 'sales_team') }})

select
    'maven_crm' as source_system,
    sales_agent as participant_id,
    sales_agent as participant_name,
    manager as manager_id,
    manager as manager_name,
    -- A team is who reports to one manager.
    manager as team,
    regional_office as region,
    true as is_active,
    {{ lineage() }}
from teams
