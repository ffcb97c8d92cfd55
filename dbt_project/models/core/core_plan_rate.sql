with versions as (select * from {{ ref('core_plan_rate_version') }})

select
    currency,
    fiscal_year,
    valid_from,
    valid_to,
    rate_on,
    plan_rate
from versions
where known_to_on = {{ open_end() }}
