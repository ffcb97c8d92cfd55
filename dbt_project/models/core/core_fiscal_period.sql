select
    period_key,
    period_type,
    starts_on,
    next_starts_on,
    fiscal_year,
    period_number,
    n_days,
    n_weekdays
from {{ source('config', 'fiscal_period') }}
