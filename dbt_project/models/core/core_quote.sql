{{ config(materialized='view') }}

with quotes as (
    {{ latest_versions('quote', ['quote_id']) }}
)

select
    {{ surrogate_key('source_system', 'quote_id') }} as quote_key,
    source_system,
    quote_id,
    opportunity_id,
    quote_number,
    status,
    is_primary,
    quoted_on,
    expires_on,
    discount_pct,
    subtotal_amount,
    total_amount,
    currency,
    source_file,
    source_line
from quotes
where not coalesce(is_deleted, false)
