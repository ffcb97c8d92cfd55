-- The weekly export has neither owner nor period; a quota that is nobody's is left out.
with delivered as (
    select
        *,
        case
            {%- for type_id, measure in var('forecast_types').items() %}
            when forecasting_type_id = '{{ type_id | replace("'", "''") }}'
                then '{{ measure | replace("'", "''") }}'
            {%- endfor %}
            when is_quantity then 'units'
            else 'bookings'
        end as measure
    from {{ source('salesforce', 'forecasting_quota') }}
    where quota_owner_id is not null
),

{% if var('quota_parts') == 'add_up' -%}
{{ quotas_of_parts() }}
{%- else -%}
quotas as (select * from delivered),
{%- endif %}

-- A part of the calendar that comes later, or is corrected, was not known before.
periods as (
    select
        *,
        case
            when _extracted_at = min(_extracted_at) over ()
                then cast('1900-01-01 00:00:00' as timestamp)
            else _recorded_at
        end as said_from,
        coalesce(
            lead(_recorded_at) over (partition by id order by _recorded_at, _extracted_at),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as said_to
    from {{ source('salesforce', 'period') }}
),

-- A correction may move a period away from the day that it started on.
calendar_moments as (
    select
        start_date,
        said_from as moment_at
    from periods

    union

    select
        start_date,
        said_to as moment_at
    from periods
    where said_to < cast('9999-12-31 00:00:00' as timestamp)
),

known_periods as (
    select
        calendar_moments.start_date,
        calendar_moments.moment_at,
        periods.end_date,
        coalesce(periods.is_forecast_period, false) as is_of_forecasts,
        max(case when periods.is_forecast_period then 1 else 0 end) over (
            partition by calendar_moments.start_date, calendar_moments.moment_at
        ) as has_forecast_period
    from calendar_moments
    left join periods
        on
            calendar_moments.start_date = periods.start_date
            and calendar_moments.moment_at >= periods.said_from
            and calendar_moments.moment_at < periods.said_to
            and periods._op = 'upsert'
),

-- The fiscal period that starts on a day; of several kinds the one that forecasts go by.
forecast_periods as (
    select
        start_date,
        moment_at,
        coalesce(
            lead(moment_at) over (partition by start_date order by moment_at),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as next_moment_at,
        case when count(distinct end_date) = 1 then max(end_date) end as last_on
    from known_periods
    where has_forecast_period = 0 or is_of_forecasts
    group by start_date, moment_at
),

extracts as (
    select
        _recorded_at as moment_at,
        max(_extracted_at) as extracted_at
    from periods
    group by _recorded_at
),

dated as (
    select
        *,
        coalesce(
            lead(_recorded_at) over (partition by id order by _recorded_at, _extracted_at),
            cast('9999-12-31 00:00:00' as timestamp)
        ) as next_recorded_at
    from quotas
)

select
    'salesforce' as source_system,
    dated.id as quota_id,
    dated.quota_owner_id as participant_id,
    dated.measure,
    cast('1' as varchar) as version,
    'approved' as status,
    dated.created_date as approved_at,
    dated.start_date as quota_on,
    {{ add_days('forecast_periods.last_on', 1) }} as calendar_end_on,
    dated.quota_amount,
    dated.currency_iso_code as currency,
    -- Forecasts roll up: the quota of whoever leads is theirs and their team's.
    true as is_of_team_if_leading,
    greatest(dated._recorded_at, coalesce(forecast_periods.moment_at, dated._recorded_at))
        as recorded_at,
    greatest(dated._extracted_at, coalesce(extracts.extracted_at, dated._extracted_at))
        as extracted_at,
    dated._op as op,
    dated._batch_id as batch_id,
    dated._file as source_file,
    dated._line as source_line
from dated
left join forecast_periods
    on
        dated.start_date = forecast_periods.start_date
        and dated._recorded_at < forecast_periods.next_moment_at
        and dated.next_recorded_at > forecast_periods.moment_at
left join extracts
    on
        dated._recorded_at < forecast_periods.moment_at
        and forecast_periods.moment_at = extracts.moment_at
