with opportunities as (select * from {{ ref('core_opportunity') }}),

accounts as (select * from {{ ref('core_account') }}),

account_ids as (select * from {{ ref('core_account_id') }}),

participants as (
    select * from {{ ref('core_participant_version') }} where known_to_on = {{ open_end() }}
),

products as (select * from {{ ref('core_product') }}),

product_ids as (
    select
        source_system,
        product_id as known_product_id
    from products
),

lines as (select * from {{ ref('core_opportunity_line') }}),

line_totals as (
    select
        source_system,
        opportunity_id,
        -- One line without a list price leaves the whole deal without one.
        case
            when count(list_amount) = count(*) then sum(list_amount)
        end as list_amount_in_currency,
        case when min(product_id) = max(product_id) then min(product_id) end as product_id,
        min(product_id) <> max(product_id) as has_several_products
    from lines
    group by source_system, opportunity_id
),

-- The seller as of the day that counts: the close of a closed deal, today for an open one.
described as (
    select
        opportunities.*,
        opportunities.rate_day_on as attribute_day_on,
        coalesce(opportunities.product_id, line_totals.product_id) as known_product_id,
        coalesce(line_totals.has_several_products, false) as has_several_products,
        coalesce(line_totals.list_amount_in_currency, opportunities.header_list_amount)
            as list_amount_in_currency
    from opportunities
    left join line_totals
        on
            opportunities.source_system = line_totals.source_system
            and opportunities.opportunity_id = line_totals.opportunity_id
),

of_accounts as (
    {{ addressed('described', 'account_ids', 'account_id') }}
),

dated as (
    {{ addressed('of_accounts', 'product_ids', 'known_product_id') }}
)

select
    dated.opportunity_key,
    dated.source_system,
    dated.opportunity_id,
    coalesce(dated.account_id, 'unassigned') as account_id,
    coalesce(dated.owner_id, 'unassigned') as owner_id,
    participants.manager_id,
    dated.campaign_id,
    dated.known_product_id as product_id,

    dated.created_on,
    dated.close_on,
    case when dated.status in ('won', 'lost') then dated.close_on end as closed_on,

    dated.opportunity_name,
    case
        when dated.account_id is null then 'unassigned'
        else accounts.account_name
    end as account_name,
    case
        when dated.owner_id is null then 'unassigned'
        else coalesce(participants.participant_name, dated.owner_id)
    end as owner_name,
    participants.manager_name,
    participants.team,
    participants.region,
    products.product_name,
    dated.known_product_id is null and dated.has_several_products as has_several_products,
    dated.opportunity_type,
    dated.lead_source,
    dated.next_step,
    dated.stage,
    dated.forecast_category,
    dated.status,
    dated.currency,
    dated.source_file,
    dated.source_line,

    dated.amount_in_currency,
    dated.amount,
    {{ at_rate('dated.list_amount_in_currency', 'dated.plan_rate') }} as list_amount,
    dated.probability_pct,
    dated.expected_revenue_amount,
    case
        when dated.status in ('won', 'lost') and dated.close_on >= dated.created_on
            then {{ days_between('dated.created_on', 'dated.close_on') }}
    end as cycle_days
from dated
left join accounts
    on
        dated.account_system = accounts.source_system
        and dated.account_id = accounts.account_id
left join participants
    on
        dated.source_system = participants.source_system
        and dated.owner_id = participants.participant_id
        and dated.attribute_day_on >= participants.valid_from
        and dated.attribute_day_on < participants.valid_to
left join products
    on
        dated.known_product_system = products.source_system
        and dated.known_product_id = products.product_id
