with opportunities as (select * from {{ source('salesforce', 'opportunity') }})

select
    'salesforce' as source_system,
    id as opportunity_id,
    close_date as close_on,
    cast(fiscal_year as integer) as fiscal_year,
    cast(fiscal_quarter as integer) as fiscal_quarter,
    created_date as created_at,
    {{ lineage() }}
from opportunities
