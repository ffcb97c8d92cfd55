with calendar as (select * from {{ ref('core_calendar_day') }})

select
    day_on,

    fiscal_month_key,
    fiscal_quarter_key,
    fiscal_year_key,
    iso_week,
    iso_weekday,
    is_weekday
from calendar
