with periods as (select * from {{ ref('core_fiscal_period') }})

select
    period_key,

    starts_on as period_start_on,
    next_starts_on as period_end_on,

    period_type,
    fiscal_year,
    period_number,

    n_days,
    n_weekdays
from periods
