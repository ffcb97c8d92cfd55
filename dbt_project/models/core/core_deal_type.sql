with defaults as (select * from {{ ref('seed_opportunity_type') }}),

company_types as (select * from {{ source('config', 'opportunity_type') }}),

-- The sources that deliver deals; what a type means by default is the same in all of them.
crms as (
    {%- for source_system in var('entity_sources').get('opportunity', []) %}
    select '{{ source_system }}' as source_system
    union all
    {%- endfor %}
    select cast(null as varchar) as source_system
),

-- What the company says of a type replaces the default of that type alone.
effective as (
    select
        source_system,
        opportunity_type as source_value,
        deal_type
    from company_types

    union all

    select
        crms.source_system,
        defaults.source_value,
        defaults.deal_type
    from crms
    cross join defaults
    left join company_types
        on
            crms.source_system = company_types.source_system
            and defaults.source_value = company_types.opportunity_type
    where crms.source_system is not null and company_types.source_system is null
)

select
    source_system,
    source_value,
    deal_type
from effective
