select
    day_on,
    iso_week,
    iso_weekday,
    is_weekday,
    fiscal_month_key,
    fiscal_quarter_key,
    fiscal_year_key
from {{ source('config', 'calendar_day') }}
