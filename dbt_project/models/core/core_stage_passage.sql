with entries as (select * from {{ ref('core_stage_entry') }}),

opportunities as (select * from {{ ref('core_opportunity') }}),

stages as (select * from {{ ref('core_stage') }} where status = 'open'),

-- Stages a deal was seen in, by the open ones; where it was closed says its own status.
open_entries as (
    select
        opportunity_key,
        stage_ordinal,
        entered_on
    from entries
    where stage_status = 'open'
),

-- A deal reached every open stage up to its furthest one; a won deal reached them all.
reached as (
    select
        opportunities.opportunity_key,
        opportunities.source_system,
        opportunities.status,
        opportunities.close_on,
        stages.stage,
        stages.stage_ordinal,
        min(
            case
                when open_entries.stage_ordinal >= stages.stage_ordinal
                    then open_entries.entered_on
            end
        ) as entered_on,
        min(
            case
                when open_entries.stage_ordinal > stages.stage_ordinal
                    then open_entries.entered_on
            end
        ) as advanced_on,
        count(
            case when open_entries.stage_ordinal >= stages.stage_ordinal then 1 end
        ) > 0 as has_entry,
        count(
            case when open_entries.stage_ordinal = stages.stage_ordinal then 1 end
        ) > 0 as has_own_entry,
        count(
            case when open_entries.stage_ordinal > stages.stage_ordinal then 1 end
        ) > 0 as has_later_entry
    from opportunities
    inner join stages on opportunities.source_system = stages.source_system
    left join open_entries on opportunities.opportunity_key = open_entries.opportunity_key
    group by
        opportunities.opportunity_key,
        opportunities.source_system,
        opportunities.status,
        opportunities.close_on,
        stages.stage,
        stages.stage_ordinal
)

-- Regression keeps the first entry; a deal won without passing here entered on the day it was won.
select
    opportunity_key,
    source_system,
    stage,

    coalesce(
        entered_on,
        case when not has_entry and status = 'won' then close_on end
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
where has_entry or status = 'won'
