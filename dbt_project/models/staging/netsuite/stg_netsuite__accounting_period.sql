with periods as (select * from {{ source('netsuite', 'accounting_period') }})

select
    'netsuite' as source_system,
    id as accounting_period_id,
    period_name,
    starts_on,
    ends_on,
    closed_on,
    is_quarter,
    is_year,
    is_adjustment,
    is_closed,
    {{ lineage() }}
from periods
