{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
{%- set attributes = state_attributes() + other_attributes() %}
with changed as (select * from {{ ref('core_changed_opportunity') }}),

fields as (select * from {{ ref('seed_opportunity_field') }}),

-- The company's own spellings, as the records have them.
aliases as (
    select
        source_system,
        source_value,
        value,
        case
            {%- for attribute, domain in alias_domains().items() %}
            when domain = '{{ domain }}' then '{{ attribute }}'
            {%- endfor %}
        end as attribute
    from {{ source('config', 'alias') }}
),

deliveries as (
    {{ first_deliveries('opportunity_field_change') }}
),

-- A field that names another record is told twice, once by that record's name, which may change.
named as (
    select
        deliveries.source_system,
        deliveries.opportunity_id,
        deliveries.change_id,
        deliveries.recorded_at,
        deliveries.extracted_at,
        coalesce(deliveries.changed_at, deliveries.recorded_at) as changed_at,
        fields.attribute,
        fields.rank,
        coalesce(fields.divisor, 1) as divisor,
        coalesce(old_aliases.value, deliveries.old_value) as old_value,
        coalesce(new_aliases.value, deliveries.new_value) as new_value,
        deliveries.batch_id,
        deliveries.source_file,
        deliveries.source_line
    from deliveries
    inner join fields
        on
            deliveries.source_system = fields.source_system
            and deliveries.field = fields.field
    left join aliases as old_aliases
        on
            deliveries.source_system = old_aliases.source_system
            and fields.attribute = old_aliases.attribute
            and deliveries.old_value = old_aliases.source_value
    left join aliases as new_aliases
        on
            deliveries.source_system = new_aliases.source_system
            and fields.attribute = new_aliases.attribute
            and deliveries.new_value = new_aliases.source_value
    where
        fields.id_prefix is null
        or (
            (deliveries.old_value is null or deliveries.old_value like fields.id_prefix || '%')
            and (deliveries.new_value is null or deliveries.new_value like fields.id_prefix || '%')
            and coalesce(deliveries.old_value, '') not like '% %'
            and coalesce(deliveries.new_value, '') not like '% %'
        )
),

-- Nor is a value news that arrives after a record or a saved state which is newer and tells it.
told as (
    select
        source_system,
        opportunity_id,
        recorded_at,
        recorded_at as said_at,
        {%- for name in ['currency'] + not_in_every_record() %}
        {{ name }} is not null as tells_{{ name }},
        {%- endfor %}
        true as tells_others
    from ({{ union_entity('opportunity') }}) as records

    union all

    select
        source_system,
        opportunity_id,
        recorded_at,
        coalesce(changed_at, recorded_at) as said_at,
        {%- for name in ['currency'] + not_in_every_record() %}
        {{ name }} is not null as tells_{{ name }},
        {%- endfor %}
        false as tells_others
    from ({{ union_entity('opportunity_change') }}) as states
),

overtaken as (
    select distinct
        named.source_system,
        named.change_id,
        named.attribute
    from named
    inner join told
        on
            named.source_system = told.source_system
            and named.opportunity_id = told.opportunity_id
            and named.changed_at < told.said_at
            and named.recorded_at > told.said_at
            and named.recorded_at >= told.recorded_at
    where
        named.changed_at < named.recorded_at
        and case named.attribute
            {%- for name in ['currency'] + not_in_every_record() %}
            when '{{ name }}' then told.tells_{{ name }}
            {%- endfor %}
            {%- for name, _ in state_attributes() if name not in not_in_every_record() %}
            when '{{ name }}' then true
            {%- endfor %}
            else told.tells_others
        end
),

news as (
    select named.*
    from named
    left join overtaken
        on
            named.source_system = overtaken.source_system
            and named.change_id = overtaken.change_id
            and named.attribute = overtaken.attribute
    where overtaken.change_id is null
),

-- A value that arrives after a newer one of the same field never was the state as known.
dated as (
    select
        *,
        max(changed_at) over (
            partition by source_system, opportunity_id, attribute order by recorded_at
        ) as newest_changed_at
    from news
),

last_at_instant as (
    select
        *,
        row_number() over (
            partition by source_system, opportunity_id, recorded_at, attribute
            order by changed_at desc, length(change_id) desc, change_id desc
        ) as field_rank,
        row_number() over (
            partition by source_system, opportunity_id, recorded_at
            order by rank asc, changed_at desc, length(change_id) desc, change_id desc
        ) as line_rank
    from dated
    where changed_at = newest_changed_at
)

-- Fields saved at one moment are one change of the deal; its line is that of the weightiest.
select
    {{ surrogate_key('source_system', 'opportunity_id') }} as opportunity_key,
    source_system,
    opportunity_id,
    max(case when line_rank = 1 then change_id end) as change_id,
    {%- for name, type in attributes %}
    {{ changed_attribute(name, type) }},
    {%- endfor %}
    recorded_at,
    max(extracted_at) as extracted_at,
    max(case when line_rank = 1 then batch_id end) as batch_id,
    max(case when line_rank = 1 then source_file end) as source_file,
    max(case when line_rank = 1 then source_line end) as source_line
from last_at_instant
where field_rank = 1
group by source_system, opportunity_id, recorded_at
