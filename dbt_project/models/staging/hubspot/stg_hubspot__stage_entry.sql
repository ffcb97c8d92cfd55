-- A deal may enter a stage more than once: the first time counts.
with entries as (
    select
        *,
        row_number() over (
            partition by deal_id, stage_id order by entered_at asc, _recorded_at desc
        ) as entry_number
    from {{ source('hubspot', 'deal_stage') }}
    where _op = 'upsert'
)

select
    'hubspot' as source_system,
    deal_id as opportunity_id,
    stage_id as stage_value,
    {{ local_date('entered_at') }} as entered_on,
    {{ lineage() }}
from entries
where entry_number = 1
