with opportunities as (select * from {{ source('maven_crm', 'opportunity') }})

select
    'maven_crm' as source_system,
    opportunity_id,
    cast(null as varchar) as opportunity_name,
    account as account_id,
    sales_agent as owner_id,
    cast(null as varchar) as campaign_id,
    deal_stage as stage_value,
    cast(null as varchar) as forecast_category_value,
    cast(null as varchar) as opportunity_type,
    cast(null as varchar) as lead_source,
    cast(null as varchar) as next_step,
    product as product_value,
    close_value as amount,
    cast(null as varchar) as currency,
    cast(null as decimal(9, 6)) as probability_pct,
    cast(null as decimal(18, 4)) as expected_revenue_amount,
    engage_date as created_on,
    close_date as close_on,
    cast(null as varchar) as source_status,
    false as is_deleted,
    {{ lineage() }}
from opportunities
