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
        starts.quota_on,
        min(fiscal.window_end_on) as window_end_on
    from starts
    inner join fiscal
        on
            starts.source_system = fiscal.source_system
            and starts.version = fiscal.version
            and starts.measure = fiscal.measure
            and starts.quota_on > fiscal.quota_on
            and starts.quota_on < fiscal.window_end_on
    where not starts.is_fiscal_start
    group by starts.source_system, starts.version, starts.measure, starts.quota_on
),

-- Any other lasts until the next one; the last, which has none yet, is as long as the one before.
others as (
    select
        starts.source_system,
        starts.version,
        starts.measure,
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
            and starts.quota_on = enclosing.quota_on
    where not starts.is_fiscal_start
)

select * from fiscal

union all

select * from others
