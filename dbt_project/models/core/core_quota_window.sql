with starts as (select * from {{ ref('core_quota_cadence') }}),

months as (
    select
        next_starts_on,
        row_number() over (order by starts_on) as month_number
    from {{ ref('core_fiscal_period') }}
    where period_type = 'month'
),

fiscal as (
    select
        starts.source_system,
        starts.version,
        starts.measure,
        starts.calendar_from_on,
        starts.calendar_to_on,
        starts.holder_id,
        starts.quota_on,
        case
            when starts.n_period_months is null then starts.calendar_end_on
            else months.next_starts_on
        end as window_end_on
    from starts
    left join months on starts.month_number + starts.n_period_months - 1 = months.month_number
    where starts.is_fiscal_start
),

-- A start within a fiscal period of the others, of somebody who came later, ends with it.
enclosing as (
    select
        starts.source_system,
        starts.version,
        starts.measure,
        starts.calendar_from_on,
        starts.quota_on,
        min(fiscal.window_end_on) as window_end_on
    from starts
    inner join fiscal
        on
            starts.source_system = fiscal.source_system
            and starts.version = fiscal.version
            and starts.measure = fiscal.measure
            and starts.calendar_from_on = fiscal.calendar_from_on
            and starts.quota_on > fiscal.quota_on
            and starts.quota_on < fiscal.window_end_on
    where not starts.is_fiscal_start
    group by
        starts.source_system, starts.version, starts.measure, starts.calendar_from_on,
        starts.quota_on
),

-- Any other lasts until the next one; the last, which has none yet, is as long as the one before.
others as (
    select
        starts.source_system,
        starts.version,
        starts.measure,
        starts.calendar_from_on,
        starts.calendar_to_on,
        starts.holder_id,
        starts.quota_on,
        coalesce(
            starts.calendar_end_on,
            enclosing.window_end_on,
            starts.next_quota_on,
            {{ add_days(
                'starts.quota_on',
                days_between('starts.previous_quota_on', 'starts.quota_on')
            ) }}
        ) as window_end_on
    from starts
    left join enclosing
        on
            starts.source_system = enclosing.source_system
            and starts.version = enclosing.version
            and starts.measure = enclosing.measure
            and starts.calendar_from_on = enclosing.calendar_from_on
            and starts.quota_on = enclosing.quota_on
    where not starts.is_fiscal_start
),

all_windows as (
    select * from fiscal
    union all
    select * from others
),

-- A first start has no other to tell how long its period is: the next thing known tells.
told as (
    select
        *,
        {{ next_said('window_end_on is not null', {'end_on': 'window_end_on'}, 'afterwards') }}
            as next_told
    from all_windows
    window
        afterwards as (
            partition by source_system, version, measure, holder_id, quota_on
            order by calendar_from_on
            rows between 1 following and unbounded following
        )
),

windows as (
    select
        source_system,
        version,
        measure,
        calendar_from_on,
        calendar_to_on,
        holder_id,
        quota_on,
        coalesce(window_end_on, {{ struct_field('next_told', 'end_on') }}) as window_end_on
    from told
)

{{ merged_ranges(
    'windows',
    by=['source_system', 'version', 'measure', 'holder_id', 'quota_on'],
    says=['window_end_on'],
    starts='calendar_from_on',
    ends='calendar_to_on'
) }}
