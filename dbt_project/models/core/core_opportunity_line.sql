with lines as (
    {{ latest_versions('opportunity_line', ['line_id']) }}
),

opportunities as (
    select
        source_system,
        opportunity_id,
        currency
    from {{ ref('core_opportunity') }}
),

prices as (select * from {{ ref('core_product_price') }} where is_standard),

-- Lines of a deal that is gone go with it.
named as (
    select
        lines.source_system,
        lines.line_id,
        lines.opportunity_id,
        lines.priced_on,
        opportunities.currency,
        lines.product_value as product_id,
        lines.quantity,
        lines.list_price as line_list_price,
        lines.net_amount
    from lines
    inner join opportunities
        on
            lines.source_system = opportunities.source_system
            and lines.opportunity_id = opportunities.opportunity_id
)

select
    {{ surrogate_key('named.source_system', 'named.line_id') }} as opportunity_line_key,
    named.source_system,
    named.line_id,
    named.opportunity_id,
    named.product_id,
    named.priced_on,
    named.currency,
    named.quantity,
    cast(coalesce(named.line_list_price, prices.list_price) as decimal(18, 4)) as list_price,
    cast(named.quantity * coalesce(named.line_list_price, prices.list_price) as decimal(18, 4))
        as list_amount,
    named.net_amount
from named
left join prices
    on
        named.source_system = prices.source_system
        and named.product_id = prices.product_id
        and named.currency = prices.currency
        and named.priced_on >= prices.valid_from
        and named.priced_on < prices.valid_to
