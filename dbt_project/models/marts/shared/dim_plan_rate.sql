with plan_rates as (select * from {{ ref('core_plan_rate') }})

select
    currency,

    valid_from,
    valid_to,
    rate_on,

    fiscal_year,

    plan_rate
from plan_rates
