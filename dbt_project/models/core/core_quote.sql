{{ config(materialized='view') }}

with quotes as (
    {{ latest_versions('quote', ['quote_id']) }}
),

opportunities as (
    select
        source_system,
        opportunity_id,
        currency
    from {{ ref('core_opportunity') }}
)

select
    {{ surrogate_key('quotes.source_system', 'quotes.quote_id') }} as quote_key,
    quotes.source_system,
    quotes.quote_id,
    quotes.opportunity_id,
    quotes.quote_number,
    quotes.status,
    quotes.is_primary,
    quotes.quoted_on,
    quotes.expires_on,
    quotes.discount_pct,
    quotes.subtotal_amount,
    quotes.total_amount,
    coalesce(quotes.currency, opportunities.currency, {{ company_currency() }}) as currency,
    quotes.source_file,
    quotes.source_line
from quotes
left join opportunities
    on
        quotes.source_system = opportunities.source_system
        and quotes.opportunity_id = opportunities.opportunity_id
where not coalesce(quotes.is_deleted, false)
