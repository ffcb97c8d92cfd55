with versions as (select * from {{ ref('core_opportunity_version') }})

select distinct
    source_system,
    opportunity_id
from versions
