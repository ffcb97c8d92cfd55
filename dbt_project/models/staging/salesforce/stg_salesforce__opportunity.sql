with opportunities as (select * from {{ source('salesforce', 'opportunity') }})

select
    'salesforce' as source_system,
    id as opportunity_id,
    name as opportunity_name,
    account_id,
    owner_id,
    campaign_id,
    stage_name as stage_value,
    -- The name is a label each organisation may change; the other is the platform's own word.
    coalesce(forecast_category, forecast_category_name) as forecast_category_value,
    type as opportunity_type,
    lead_source,
    next_step,
    amount,
    currency_iso_code as currency,
    probability / 100 as probability_pct,
    expected_revenue as expected_revenue_amount,
    {{ local_date('created_date') }} as created_on,
    close_date as close_on,
    case
        when is_won then 'won'
        when is_closed then 'lost'
        when is_closed is not null then 'open'
    end as source_status,
    is_deleted,
    {{ lineage() }}
from opportunities
