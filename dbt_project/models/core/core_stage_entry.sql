with versions as (select * from {{ ref('core_opportunity_version') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

stages as (select * from {{ ref('core_stage') }}),

-- A deal may enter a stage more than once: each day it did is a record of its own.
delivered as (
    {{ latest_versions('stage_entry', ['opportunity_id', 'stage_value', 'entered_on']) }}
),

dated_opportunities as (
    select distinct
        delivered.source_system,
        delivered.opportunity_id
    from delivered
),

-- A source that dates the stages of a deal itself is believed; others are read off the versions.
seen as (
    select
        versions.source_system,
        versions.opportunity_id,
        versions.stage,
        versions.known_from_on as entered_on
    from versions
    left join dated_opportunities
        on
            versions.source_system = dated_opportunities.source_system
            and versions.opportunity_id = dated_opportunities.opportunity_id
    where dated_opportunities.opportunity_id is null and not versions.is_deleted

    union all

    select
        delivered.source_system,
        delivered.opportunity_id,
        delivered.stage_value as stage,
        delivered.entered_on
    from delivered
),

first_entries as (
    select
        seen.source_system,
        seen.opportunity_id,
        seen.stage,
        min(seen.entered_on) as entered_on
    from seen
    group by seen.source_system, seen.opportunity_id, seen.stage
)

select
    opportunities.opportunity_key,
    first_entries.source_system,
    first_entries.opportunity_id,
    first_entries.entered_on,
    first_entries.stage,
    stages.pipeline_id,
    stages.stage_ordinal,
    stages.status as stage_status
from first_entries
inner join opportunities
    on
        first_entries.source_system = opportunities.source_system
        and first_entries.opportunity_id = opportunities.opportunity_id
inner join stages
    on
        first_entries.source_system = stages.source_system
        and first_entries.stage = stages.stage
