{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
with versions as (select * from {{ ref('core_opportunity_version') }}),

changed as (select * from {{ ref('core_changed_opportunity') }}),

-- A day ends with its last version.
days as (
    select
        opportunity_key,
        owner_id,
        known_from,
        known_from_on
    from versions
    where
        known_to_on > known_from_on
        {% if is_incremental() -%}
        and opportunity_key in (select changed.opportunity_key from changed)
        {%- endif %}
),

compared as (
    select
        *,
        row_number() over by_deal as day_number,
        lag(owner_id) over by_deal as was_owner_id
    from days
    window by_deal as (partition by opportunity_key order by known_from)
),

-- What is first known of a deal is taken to have been so before.
turns as (
    select
        opportunity_key,
        owner_id,
        case when day_number = 1 then date '1900-01-01' else known_from_on end as valid_from_on
    from compared
    where day_number = 1 or owner_id is distinct from was_owner_id
)

select
    opportunity_key,
    owner_id,
    valid_from_on,
    coalesce(
        lead(valid_from_on) over (partition by opportunity_key order by valid_from_on),
        date '9999-12-31'
    ) as valid_to_on
from turns
