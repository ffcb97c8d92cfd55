with delivered as (
    {{ known_versions(
        'quota', ['quota_id', 'version'],
        not_before="coalesce(" ~ local_date('approved_at') ~ ", date '1900-01-01')"
    ) }}
),

-- Only where a quota comes without the end of its period do starts decide it.
without_end as (
    select distinct
        source_system,
        coalesce(version, '') as version,
        measure
    from delivered
    where period_end_on is null
),

holders as (
    select
        source_system,
        quota_id,
        coalesce(version, '') as version,
        measure,
        coalesce(participant_id, territory_id, node, '') as holder_id,
        quota_on,
        calendar_end_on,
        known_from_on,
        known_to_on
    from delivered
),

-- Another amount leaves the calendar as it is.
listed as (
    {{ merged_ranges(
        'holders',
        by=['source_system', 'quota_id', 'version'],
        says=['measure', 'holder_id', 'quota_on', 'calendar_end_on']
    ) }}
),

points as (
    select
        source_system,
        version,
        measure,
        known_from_on as point_on
    from listed

    union

    select
        source_system,
        version,
        measure,
        known_to_on as point_on
    from listed
    where known_to_on < {{ open_end() }}
),

-- What was known of a seller calendar: another quota may give the ones before it another end.
ranges as (
    {{ ranges_between('points', ['source_system', 'version', 'measure']) }}
),

quotas as (
    select
        listed.*,
        ranges.known_from_on as calendar_from_on,
        ranges.known_to_on as calendar_to_on
    from listed
    inner join without_end
        on
            listed.source_system = without_end.source_system
            and listed.version = without_end.version
            and listed.measure = without_end.measure
    inner join ranges
        on
            without_end.source_system = ranges.source_system
            and without_end.version = ranges.version
            and without_end.measure = ranges.measure
            and listed.known_from_on <= ranges.known_from_on
            and listed.known_to_on > ranges.known_from_on
),

periods as (select * from {{ ref('core_fiscal_period') }}),

-- Fiscal months in a row, each with the months of the longest fiscal period that starts with it.
months as (
    select
        months.starts_on,
        months.fiscal_year,
        row_number() over (order by months.starts_on) as month_number,
        case
            when years.starts_on is not null then 12
            when quarters.period_number = 3 then 6
            when quarters.starts_on is not null then 3
            else 1
        end as n_longest_months
    from periods as months
    left join periods as quarters
        on months.starts_on = quarters.starts_on and quarters.period_type = 'quarter'
    left join periods as years
        on months.starts_on = years.starts_on and years.period_type = 'year'
    where months.period_type = 'month'
),

starts as (
    select
        quotas.source_system,
        quotas.version,
        quotas.measure,
        quotas.calendar_from_on,
        quotas.calendar_to_on,
        quotas.holder_id,
        quotas.quota_on,
        months.month_number,
        months.fiscal_year,
        months.n_longest_months,
        max(quotas.calendar_end_on) as calendar_end_on
    from quotas
    left join months on quotas.quota_on = months.starts_on
    group by
        quotas.source_system, quotas.version, quotas.measure, quotas.calendar_from_on,
        quotas.calendar_to_on, quotas.holder_id, quotas.quota_on,
        months.month_number, months.fiscal_year, months.n_longest_months
),

-- The seller calendar: every day on which quotas of this measure and version start.
calendar_days as (
    select distinct
        source_system,
        version,
        measure,
        calendar_from_on,
        quota_on,
        month_number,
        fiscal_year
    from starts
),

stepped as (
    select
        *,
        lead(quota_on) over by_day as next_quota_on,
        lag(quota_on) over by_day as previous_quota_on,
        month_number - lag(month_number) over by_month as n_months,
        month_number - lag(month_number) over by_year as n_months_in_year
    from calendar_days
    window
        by_day as (
            partition by source_system, version, measure, calendar_from_on order by quota_on
        ),
        by_month as (
            partition by source_system, version, measure, calendar_from_on, month_number is null
            order by month_number
        ),
        by_year as (
            partition by source_system, version, measure, calendar_from_on, fiscal_year
            order by month_number
        )
)

select
    starts.source_system,
    starts.version,
    starts.measure,
    starts.calendar_from_on,
    starts.calendar_to_on,
    starts.holder_id,
    starts.quota_on,
    stepped.next_quota_on,
    stepped.previous_quota_on,
    starts.calendar_end_on,
    starts.fiscal_year,
    starts.month_number,
    starts.n_longest_months,
    stepped.n_months,
    stepped.n_months_in_year,
    starts.month_number - lag(starts.month_number) over (
        partition by
            starts.source_system,
            starts.version,
            starts.measure,
            starts.calendar_from_on,
            starts.holder_id,
            starts.month_number is null
        order by starts.month_number
    ) as n_own_months
from starts
inner join stepped
    on
        starts.source_system = stepped.source_system
        and starts.version = stepped.version
        and starts.measure = stepped.measure
        and starts.calendar_from_on = stepped.calendar_from_on
        and starts.quota_on = stepped.quota_on
