with quotas as (
    {{ latest_versions('quota', ['quota_id', 'version']) }}
),

plan_rates as (select * from {{ ref('core_plan_rate') }}),

-- The seller calendar: every day on which quotas of this measure and version start.
quota_days as (
    select distinct
        source_system,
        version,
        measure,
        quota_on
    from quotas
),

successors as (
    select
        source_system,
        version,
        measure,
        quota_on,
        lead(quota_on) over by_calendar as next_quota_on,
        lag(quota_on) over by_calendar as previous_quota_on
    from quota_days
    window by_calendar as (partition by source_system, version, measure order by quota_on)
),

-- The last window has no successor yet: it is as long as the one before it.
windows as (
    select
        source_system,
        version,
        measure,
        quota_on,
        coalesce(
            next_quota_on,
            {{ add_days('quota_on', days_between('previous_quota_on', 'quota_on')) }}
        ) as window_end_on
    from successors
),

periods as (
    select
        quotas.*,
        {% if var('quota_period') == 'declared' -%}
        coalesce(quotas.declared_start_on, quotas.quota_on) as period_start_on,
        coalesce(quotas.declared_end_on, quotas.period_end_on, windows.window_end_on)
        {%- else -%}
        quotas.quota_on as period_start_on,
        coalesce(quotas.period_end_on, windows.window_end_on)
        {%- endif %} as period_ends_on,
        coalesce(quotas.currency, '{{ var("currency") }}') as known_currency
    from quotas
    inner join windows
        on
            quotas.source_system = windows.source_system
            and coalesce(quotas.version, '') = coalesce(windows.version, '')
            and quotas.measure = windows.measure
            and quotas.quota_on = windows.quota_on
),

-- Quota in force (M5): the version the company names, of those approved the latest.
ranked as (
    select
        periods.*,
        case
            when coalesce(periods.status, 'approved') <> 'approved' then null
            when
                '{{ var("quota_version") }}' <> ''
                and coalesce(periods.version, '') <> '{{ var("quota_version") }}'
                then null
            else
                dense_rank() over (
                    partition by
                        periods.source_system,
                        periods.participant_id,
                        periods.measure,
                        periods.period_start_on,
                        coalesce(periods.status, 'approved') = 'approved',
                        '{{ var("quota_version") }}' = ''
                        or coalesce(periods.version, '') = '{{ var("quota_version") }}'
                    order by periods.approved_at desc nulls last, periods.version desc nulls last
                )
        end as force_rank
    from periods
)

select
    md5(
        ranked.source_system || '|' || ranked.quota_id || '|' || coalesce(ranked.version, '')
    ) as quota_key,
    ranked.source_system,
    ranked.quota_id,
    ranked.participant_id,
    ranked.period_start_on,
    ranked.period_ends_on as period_end_on,
    ranked.quota_on,
    ranked.approved_at,
    ranked.measure,
    ranked.version,
    ranked.status,
    ranked.declared_period,
    coalesce(ranked.force_rank = 1, false) as is_in_force,
    ranked.known_currency as currency,
    ranked.source_file,
    ranked.source_line,
    ranked.quota_amount as quota_amount_in_currency,
    plan_rates.plan_rate,
    {{ at_rate('ranked.quota_amount', 'plan_rates.plan_rate') }} as quota_amount
from ranked
left join plan_rates
    on
        ranked.known_currency = plan_rates.currency
        and ranked.period_start_on >= plan_rates.valid_from
        and ranked.period_start_on < plan_rates.valid_to
