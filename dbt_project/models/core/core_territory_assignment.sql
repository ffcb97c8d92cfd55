{{ config(materialized='view') }}

with versions as (select * from {{ ref('core_territory_assignment_version') }})

select
    source_system,
    territory_id,
    participant_id,
    valid_from,
    valid_to,
    territory_name,
    region,
    share_pct
from versions
where known_to_on = {{ open_end() }}
