-- The day an entry bears is a column of the deal: one that was corrected holds no longer.
with opportunities as (
    {{ current_rows(source('maven_crm', 'opportunity'), ['opportunity_id']) }}
),

engaged as (
    select
        *,
        'Engaging' as stage_value,
        engage_date as entered_on
    from opportunities
    where engage_date is not null
),

closed as (
    select
        *,
        deal_stage as stage_value,
        close_date as entered_on
    from opportunities
    where close_date is not null
),

-- A deal still in Prospecting entered it on a day nobody wrote down.
prospecting as (
    select
        *,
        deal_stage as stage_value,
        cast(null as date) as entered_on
    from opportunities
    where engage_date is null
),

entries as (
    select * from engaged
    union all
    select * from closed
    union all
    select * from prospecting
)

select
    'maven_crm' as source_system,
    opportunity_id,
    stage_value,
    entered_on,
    {{ lineage() }}
from entries
