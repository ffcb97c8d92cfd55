{{ config(
    materialized=incremental_where_possible(), incremental_strategy='append',
    pre_hook="{{ forget_changed_opportunities() }}",
    on_schema_change='fail'
) }}
with extracts as (select * from {{ ref('core_opportunity_extract') }}),

changed as (select * from {{ ref('core_changed_opportunity') }}),

states as (
    {{ first_deliveries('opportunity_change') }}
),

field_states as (select * from {{ ref('core_opportunity_field_state') }}),

all_records as (
    {{ union_entity('opportunity') }}
),

-- An extract that ran past midnight has records that are stamped after its cut, and lacks none of
-- them.
first_records as (
    select
        all_records.source_system,
        all_records.opportunity_id,
        min(least(all_records.recorded_at, all_records.extracted_at)) as first_record_at
    from all_records
    {% if is_incremental() -%}
    inner join changed
        on
            all_records.source_system = changed.source_system
            and all_records.opportunity_id = changed.opportunity_id
    {% endif -%}
    group by all_records.source_system, all_records.opportunity_id
),

first_extracts as (
    select
        source_system,
        min(extracted_at) as first_extracted_at
    from extracts
    group by source_system
),

history as (
    select
        source_system,
        opportunity_id,
        recorded_at,
        extracted_at,
        source_file,
        source_line
    from states

    union all

    select
        source_system,
        opportunity_id,
        recorded_at,
        extracted_at,
        source_file,
        source_line
    from field_states
    {% if is_incremental() -%}
    where opportunity_key in (select changed.opportunity_key from changed)
    {%- endif %}
),

dated as (
    select
        history.*,
        first_records.first_record_at,
        coalesce(
            lead(history.recorded_at) over (
                partition by history.source_system, history.opportunity_id
                order by history.recorded_at, history.source_file, history.source_line
            ),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as next_change_at
    from history
    left join first_records
        on
            history.source_system = first_records.source_system
            and history.opportunity_id = first_records.opportunity_id
),

-- Told of by its history alone, until the record or the next change comes.
unrecorded as (
    select
        dated.*,
        least(
            dated.next_change_at,
            coalesce(dated.first_record_at, cast('9999-12-31 00:00:00' as timestamp))
        ) as until_at
    from dated
    inner join first_extracts on dated.source_system = first_extracts.source_system
    where
        (dated.first_record_at is null or dated.recorded_at < dated.first_record_at)
        and dated.next_change_at > first_extracts.first_extracted_at
),

-- A whole extract of later that lacks the deal says that it is gone. One of changes may be a little
-- behind the history of the same day.
gone as (
    select
        unrecorded.source_system,
        unrecorded.opportunity_id,
        unrecorded.source_file,
        unrecorded.source_line,
        extracts.extracted_at as recorded_at,
        extracts.batch_id,
        row_number() over (
            partition by
                unrecorded.source_system, unrecorded.opportunity_id, unrecorded.recorded_at
            order by
                extracts.extracted_at asc, unrecorded.source_file desc, unrecorded.source_line desc
        ) as extract_rank
    from unrecorded
    inner join extracts
        on
            unrecorded.source_system = extracts.source_system
            and unrecorded.recorded_at < extracts.extracted_at
            and unrecorded.until_at > extracts.extracted_at
            and (extracts.is_whole or unrecorded.extracted_at < extracts.extracted_at)
)

select
    {{ surrogate_key('source_system', 'opportunity_id') }} as opportunity_key,
    source_system,
    opportunity_id,
    recorded_at,
    recorded_at as extracted_at,
    batch_id,
    source_file,
    source_line
from gone
where extract_rank = 1
