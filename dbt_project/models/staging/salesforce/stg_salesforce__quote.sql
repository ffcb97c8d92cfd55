with quotes as (select * from {{ source('salesforce', 'quote') }})

select
    'salesforce' as source_system,
    id as quote_id,
    opportunity_id,
    quote_number,
    status,
    is_syncing as is_primary,
    {{ local_date('created_date') }} as quoted_on,
    expiration_date as expires_on,
    discount / 100 as discount_pct,
    subtotal as subtotal_amount,
    coalesce(grand_total, total_price) as total_amount,
    currency_iso_code as currency,
    is_deleted,
    {{ lineage() }}
from quotes
