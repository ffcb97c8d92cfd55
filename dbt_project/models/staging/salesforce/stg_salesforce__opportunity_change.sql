with history as (select * from {{ source('salesforce', 'opportunity_history') }})

select
    'salesforce' as source_system,
    id as change_id,
    opportunity_id,
    stage_name as stage_value,
    forecast_category as forecast_category_value,
    amount,
    currency_iso_code as currency,
    probability / 100 as probability_pct,
    expected_revenue as expected_revenue_amount,
    close_date as close_on,
    created_date as changed_at,
    {{ lineage() }}
from history
