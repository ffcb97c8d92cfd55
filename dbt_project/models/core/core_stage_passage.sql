with entries as (select * from {{ ref('core_stage_entry') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

stages as (select * from {{ ref('core_stage') }}),

open_stages as (select * from stages where status = 'open'),

-- Stages a deal was seen in, by the open ones; where it was closed says its own status.
open_entries as (
    select
        opportunity_key,
        pipeline_id,
        stage_ordinal,
        entered_on
    from entries
    where stage_status = 'open'
),

-- A deal is in the pipeline of its stage. One that moved on from another left its entries there.
placed as (
    select
        opportunities.opportunity_key,
        opportunities.source_system,
        opportunities.status,
        opportunities.close_on,
        stages.pipeline_id
    from opportunities
    inner join stages
        on
            opportunities.source_system = stages.source_system
            and opportunities.stage = stages.stage
),

-- Stages have an order within their pipeline alone. A deal reached every open stage up to its
-- furthest one there; a won deal reached all of the pipeline it was won in.
reached as (
    select
        placed.opportunity_key,
        placed.source_system,
        placed.status,
        placed.close_on,
        open_stages.stage,
        open_stages.stage_ordinal,
        placed.status = 'won'
        and coalesce(placed.pipeline_id, '') = coalesce(open_stages.pipeline_id, '')
            as is_won_through,
        min(
            case
                when open_entries.stage_ordinal >= open_stages.stage_ordinal
                    then open_entries.entered_on
            end
        ) as entered_on,
        min(
            case
                when open_entries.stage_ordinal > open_stages.stage_ordinal
                    then open_entries.entered_on
            end
        ) as advanced_on,
        count(
            case when open_entries.stage_ordinal >= open_stages.stage_ordinal then 1 end
        ) > 0 as has_entry,
        count(
            case when open_entries.stage_ordinal = open_stages.stage_ordinal then 1 end
        ) > 0 as has_own_entry,
        count(
            case when open_entries.stage_ordinal > open_stages.stage_ordinal then 1 end
        ) > 0 as has_later_entry
    from placed
    inner join open_stages on placed.source_system = open_stages.source_system
    left join open_entries
        on
            placed.opportunity_key = open_entries.opportunity_key
            and open_stages.pipeline_id is not distinct from open_entries.pipeline_id
    group by
        placed.opportunity_key,
        placed.source_system,
        placed.status,
        placed.close_on,
        placed.pipeline_id,
        open_stages.pipeline_id,
        open_stages.stage,
        open_stages.stage_ordinal
)

-- Regression keeps the first entry; a deal won without passing here entered on the day it was won.
select
    opportunity_key,
    source_system,
    stage,

    coalesce(
        entered_on,
        case when not has_entry and is_won_through then close_on end
    ) as entered_on,
    case
        when has_later_entry then advanced_on
        when status <> 'open' then close_on
    end as decided_on,

    stage_ordinal,
    status,
    has_own_entry,
    has_later_entry or status = 'won' as has_advanced,
    status = 'lost' and not has_later_entry as is_lost_here,
    status = 'open' and not has_later_entry as is_open_here
from reached
where has_entry or is_won_through
