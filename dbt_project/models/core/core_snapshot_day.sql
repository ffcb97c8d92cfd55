with calendar as (select * from {{ ref('core_calendar_day') }}),

periods as (select * from {{ ref('core_fiscal_period') }} where period_type = 'month'),

latest_extract as (select * from {{ ref('core_latest_extract') }}),

first_known as (
    select min(known_from_on) as first_known_on
    from {{ ref('core_opportunity_version') }}
),

in_reach as (
    select
        calendar.day_on,
        calendar.iso_weekday,
        latest_extract.as_of_on
    from calendar
    cross join latest_extract
    cross join first_known
    where
        calendar.day_on >= first_known.first_known_on
        and calendar.day_on <= latest_extract.as_of_on
        {% if var('snapshots_from') -%}
        and calendar.day_on >= cast('{{ var("snapshots_from") }}' as date)
        {%- endif %}
),

flagged as (
    select
        in_reach.day_on as snapshot_on,
        in_reach.iso_weekday = {{
            {'monday': 1, 'tuesday': 2, 'wednesday': 3, 'thursday': 4, 'friday': 5,
             'saturday': 6, 'sunday': 7}[var('snapshot_weekday')]
        }} as is_weekly,
        first_day.starts_on is not null as is_period_start,
        last_day.starts_on is not null as is_period_end,
        in_reach.day_on = in_reach.as_of_on as is_latest
    from in_reach
    left join periods as first_day on in_reach.day_on = first_day.starts_on
    left join periods as last_day
        on in_reach.day_on = {{ add_days('last_day.next_starts_on', -1) }}
)

select
    snapshot_on,
    is_weekly,
    is_period_start,
    is_period_end,
    is_latest
from flagged
where is_weekly or is_period_start or is_period_end or is_latest
