with entries as (
    {{ current_rows(source('hubspot', 'deal_stage'), ['deal_id', 'stage_id', 'entered_at']) }}
)

select
    'hubspot' as source_system,
    deal_id as opportunity_id,
    stage_id as stage_value,
    {{ local_date('entered_at') }} as entered_on,
    {{ lineage() }}
from entries
