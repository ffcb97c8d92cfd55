{{ config(
    materialized=incremental_where_possible(), incremental_strategy='delete+insert',
    unique_key='opportunity_key',
    on_schema_change='fail'
) }}
with changed as (select * from {{ ref('core_changed_opportunity') }}),

states as (
    select *
    from {{ ref('core_opportunity_state') }}
    {% if is_incremental() -%}
    where opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

stages as (select * from {{ ref('core_stage') }}),

categories as (select * from {{ ref('seed_forecast_category') }}),

category_aliases as (
    select * from {{ source('config', 'alias') }} where domain = 'forecast_category'
),

prices as (select * from {{ ref('core_product_price') }}),

conformed as (
    select
        states.*,
        stages.stage_ordinal,
        stages.status,
        states.product_value as product_id,
        -- Where stages have no category, a closed deal's is that of its status.
        case
            when
                states.forecast_category_value is null
                or (stages.is_category_of_status and stages.status <> 'open')
                then stages.default_forecast_category
            else categories.forecast_category
        end as forecast_category,
        states.forecast_category_value is null
        and stages.is_category_of_status
        and stages.status = 'open' as is_category_presumed,
        coalesce(states.currency, '{{ var("currency") }}') as known_currency,
        {{ local_date('states.known_from') }} as known_from_on,
        case
            when states.known_to is null then date '9999-12-31'
            else {{ local_date('states.known_to') }}
        end as known_to_on
    from states
    left join stages
        on
            states.source_system = stages.source_system
            and states.stage_value = stages.stage
    left join category_aliases
        on
            states.source_system = category_aliases.source_system
            and states.forecast_category_value = category_aliases.source_value
    left join categories
        on
            coalesce(category_aliases.value, states.forecast_category_value)
            = categories.source_value
),

-- The list price of the day the deal was created, or first known where no creation day is kept.
priced as (
    select
        conformed.*,
        prices.list_price as header_list_amount
    from conformed
    left join prices
        on
            conformed.source_system = prices.source_system
            and conformed.product_id = prices.product_id
            and conformed.known_currency = prices.currency
            and coalesce(conformed.created_on, conformed.known_from_on) >= prices.valid_from
            and coalesce(conformed.created_on, conformed.known_from_on) < prices.valid_to
)

select
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    owner_id,
    campaign_id,
    product_id,
    known_from,
    coalesce(known_to, cast('9999-12-31 00:00:00' as timestamp)) as known_to,
    known_from_on,
    known_to_on,
    created_on,
    close_on,
    opportunity_name,
    opportunity_type,
    lead_source,
    next_step,
    stage_value as stage,
    stage_ordinal,
    status,
    forecast_category,
    forecast_category_value as forecast_category_as_delivered,
    is_category_presumed,
    source_status,
    known_currency as currency,
    is_from_history,
    is_backfilled,
    is_deleted,
    batch_id,
    source_file,
    source_line,
    case
        when
            amount is null
            and status = 'open'
            and '{{ var("missing_open_amount") }}' = 'list_price'
            then header_list_amount
        else amount
    end as amount_in_currency,
    probability_pct,
    expected_revenue_amount as expected_revenue_in_currency,
    header_list_amount
from priced
