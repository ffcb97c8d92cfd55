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

periods as (
    {{ current_rows(source('salesforce', 'period'), ['id']) }}
),

-- The fiscal period that starts on a day; of several kinds the one that forecasts go by.
forecast_periods as (
    select
        start_date,
        max(end_date) as last_on
    from (
        select
            *,
            max(case when is_forecast_period then 1 else 0 end) over (
                partition by start_date
            ) as has_forecast_period
        from periods
    ) as candidates
    where has_forecast_period = 0 or is_forecast_period
    group by start_date
    having count(distinct end_date) = 1
)

select
    'salesforce' as source_system,
    quotas.id as quota_id,
    quotas.quota_owner_id as participant_id,
    quotas.measure,
    cast('1' as varchar) as version,
    'approved' as status,
    quotas.created_date as approved_at,
    quotas.start_date as quota_on,
    {{ add_days('forecast_periods.last_on', 1) }} as calendar_end_on,
    quotas.quota_amount,
    quotas.currency_iso_code as currency,
    -- Forecasts roll up: the quota of whoever leads is theirs and their team's.
    true as is_of_team_if_leading,
    quotas._recorded_at as recorded_at,
    quotas._extracted_at as extracted_at,
    quotas._op as op,
    quotas._batch_id as batch_id,
    quotas._file as source_file,
    quotas._line as source_line
from quotas
left join forecast_periods on quotas.start_date = forecast_periods.start_date
