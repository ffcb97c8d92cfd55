with versions as (select * from {{ ref('core_opportunity_version') }}),

opportunity_merges as (select * from {{ ref('core_merge') }} where object_name = 'opportunity')

select
    source_system,
    opportunity_id
from versions

union

select
    source_system,
    record_id as opportunity_id
from opportunity_merges
