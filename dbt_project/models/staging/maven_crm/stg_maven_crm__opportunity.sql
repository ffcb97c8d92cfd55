with opportunities as (select * from {{ source('maven_crm', 'opportunity') }})

select
    'maven_crm' as source_system,
    opportunity_id,
    account as account_id,
    sales_agent as owner_id,
    deal_stage as stage_value,
    product as product_value,
    close_value as amount,
    engage_date as created_on,
    close_date as close_on,
    false as is_deleted,
    {{ lineage() }}
from opportunities
