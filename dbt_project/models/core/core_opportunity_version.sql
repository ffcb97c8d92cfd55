{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
{%- set never = "cast('9999-12-31 00:00:00' as timestamp)" -%}
with changed as (select * from {{ ref('core_changed_opportunity') }}),

states as (
    select *
    from {{ ref('core_opportunity_state') }}
    {% if is_incremental() -%}
    where opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

stages as (select * from {{ ref('core_stage_version') }}),

categories as (select * from {{ ref('seed_forecast_category') }}),

category_aliases as (
    select * from {{ source('config', 'alias') }} where domain = 'forecast_category'
),

prices as (select * from {{ ref('core_product_price_version') }} where is_standard),

-- A stage means what it was known to mean: where that changes, another version begins.
mapped as (
    select
        states.*,
        stages.stage_ordinal,
        stages.status,
        stages.default_forecast_category,
        stages.is_category_of_status,
        greatest(states.known_from, coalesce(stages.known_from, states.known_from)) as mapped_from,
        nullif(
            least(
                coalesce(states.known_to, {{ never }}),
                coalesce(stages.known_to, {{ never }})
            ),
            {{ never }}
        ) as mapped_to
    from states
    left join stages
        on
            states.source_system = stages.source_system
            and states.stage_value = stages.stage
            and states.known_from < stages.known_to
            and coalesce(states.known_to, {{ never }}) > stages.known_from
),

conformed as (
    select
        mapped.*,
        mapped.product_value as product_id,
        -- Where stages have no category, a closed deal's is that of its status.
        case
            when
                mapped.forecast_category_value is null
                or (mapped.is_category_of_status and mapped.status <> 'open')
                then mapped.default_forecast_category
            else categories.forecast_category
        end as forecast_category,
        mapped.forecast_category_value is null
        and mapped.is_category_of_status
        and mapped.status = 'open' as is_category_presumed,
        coalesce(mapped.currency, {{ company_currency() }}) as known_currency,
        -- A day somebody mistyped is in no period: the deal is not dated until it is corrected.
        case when {{ is_in_the_calendar('mapped.close_on') }} then mapped.close_on end
            as known_close_on
    from mapped
    left join category_aliases
        on
            mapped.source_system = category_aliases.source_system
            and mapped.forecast_category_value = category_aliases.source_value
    left join categories
        on
            coalesce(category_aliases.value, mapped.forecast_category_value)
            = categories.source_value
),

-- The list price of the day the deal was created, or first known where no creation day is kept.
dated as (
    select
        *,
        coalesce(created_on, {{ local_date('mapped_from') }}) as priced_on
    from conformed
),

{{ prices_as_known() }}

priced as (
    select
        ranges.*,
        {{ local_date('ranges.range_from') }} as known_from_on,
        case
            when ranges.range_to is null then {{ open_end() }}
            else {{ local_date('ranges.range_to') }}
        end as known_to_on,
        prices.list_price as header_list_amount
    from ranges
    left join prices
        on
            ranges.source_system = prices.source_system
            and ranges.product_id = prices.product_id
            and ranges.known_currency = prices.currency
            and ranges.priced_on >= prices.valid_from
            and ranges.priced_on < prices.valid_to
            and ranges.price_known_on >= prices.known_from_on
            and ranges.price_known_on < prices.known_to_on
)

select
    opportunity_key,
    source_system,
    opportunity_id,
    account_id,
    owner_id,
    campaign_id,
    product_id,
    range_from as known_from,
    coalesce(range_to, {{ never }}) as known_to,
    known_from_on,
    known_to_on,
    created_on,
    known_close_on as close_on,
    close_on as close_on_as_delivered,
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
