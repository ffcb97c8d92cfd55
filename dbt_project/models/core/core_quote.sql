{{ config(materialized='view') }}

with delivered_quotes as (
    {{ latest_versions('quote', ['quote_id']) }}
),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity'),

quotes as (
    select
        delivered_quotes.*,
        coalesce(opportunity_merges.survivor_id, delivered_quotes.opportunity_id)
            as surviving_opportunity_id
    from delivered_quotes
    left join opportunity_merges
        on
            delivered_quotes.source_system = opportunity_merges.source_system
            and delivered_quotes.opportunity_id = opportunity_merges.record_id
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
    quotes.surviving_opportunity_id as opportunity_id,
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
        and quotes.surviving_opportunity_id = opportunities.opportunity_id
where not coalesce(quotes.is_deleted, false)
