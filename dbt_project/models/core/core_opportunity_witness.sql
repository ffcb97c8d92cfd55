{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
with changed as (select * from {{ ref('core_changed_opportunity') }}),

all_records as (
    {{ union_entity('opportunity') }}
),

all_merges as (
    {{ union_entity('opportunity_merge') }}
),

field_states as (
    select *
    from {{ ref('core_opportunity_field_state') }}
    {% if is_incremental() -%}
    where opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

absences as (
    select *
    from {{ ref('core_opportunity_absence') }}
    {% if is_incremental() -%}
    where opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

records as (
    select all_records.*
    from all_records
    {% if is_incremental() -%}
    inner join changed
        on
            all_records.source_system = changed.source_system
            and all_records.opportunity_id = changed.opportunity_id
    {%- endif %}
),

states as (
    {{ first_deliveries('opportunity_change') }}
),

-- A deal that was merged into another one counts no longer, from when that was first known: a
-- connector that delivers all of its rows again says nothing new.
numbered_mergers as (
    select
        source_system,
        record_id as opportunity_id,
        recorded_at,
        extracted_at,
        batch_id,
        source_file,
        source_line,
        row_number() over (
            partition by source_system, record_id order by recorded_at, extracted_at
        ) as delivery
    from all_merges
),

mergers as (
    select numbered_mergers.*
    from numbered_mergers
    {% if is_incremental() -%}
    inner join changed
        on
            numbered_mergers.source_system = changed.source_system
            and numbered_mergers.opportunity_id = changed.opportunity_id
    {% endif -%}
    where numbered_mergers.delivery = 1
),

first_records as (
    {{ first_extracts('opportunity') }}
),

first_states as (
    {{ first_extracts('opportunity_change') }}
),

first_field_changes as (
    {{ first_extracts('opportunity_field_change') }}
),

told as (
    select
        source_system,
        opportunity_id,
        recorded_at,
        recorded_at as said_at,
        false as is_state
    from records

    union all

    select
        source_system,
        opportunity_id,
        recorded_at,
        coalesce(changed_at, recorded_at) as said_at,
        true as is_state
    from states
),

-- A row of a history that arrives after something newer was known is no news of the deal.
overtaken as (
    select
        states.source_system,
        states.change_id,
        max(case when told.is_state then 1 else 0 end) = 1 as is_by_state
    from states
    inner join told
        on
            states.source_system = told.source_system
            and states.opportunity_id = told.opportunity_id
            and states.changed_at < told.said_at
            and states.recorded_at > told.said_at
            and states.recorded_at >= told.recorded_at
    where states.changed_at < states.recorded_at
    group by states.source_system, states.change_id
),

-- But for what records never told by then.
news as (
    select
        states.*,
        overtaken.change_id is not null as is_overtaken
    from states
    left join overtaken
        on
            states.source_system = overtaken.source_system
            and states.change_id = overtaken.change_id
    left join first_records on states.source_system = first_records.source_system
    where
        overtaken.change_id is null
        or (
            not overtaken.is_by_state
            and (
                {%- for name in not_in_every_record() %}
                {{ 'or ' if not loop.first }}(
                    states.{{ name }} is not null
                    and coalesce(states.extracted_at < first_records.{{ name }}_told_from, true)
                )
                {%- endfor %}
            )
        )
),

witnesses as (
    {{ witnesses_of('record', 'records', 'first_records') }}
    union all
    {{ witnesses_of('state', 'news', 'first_states', 'first_records') }}
    union all
    {{ witnesses_of('field', 'field_states', 'first_field_changes') }}
    union all
    {{ witnesses_of('absence', 'absences', 'first_records') }}
    union all
    {{ witnesses_of('merge', 'mergers', 'first_records') }}
)

select
    {{ surrogate_key('source_system', 'opportunity_id') }} as opportunity_key,
    *
from witnesses
