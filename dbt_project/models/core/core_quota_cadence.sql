with starts as (select * from {{ ref('core_quota_start') }}),

-- A calendar most of whose days are first days of fiscal months follows the fiscal calendar.
calendars as (
    select
        source_system,
        version,
        measure,
        calendar_from_on,
        2 * count(distinct month_number) > count(distinct quota_on) as is_fiscal,
        min(n_months) as n_months,
        min(n_longest_months) as n_common_months,
        count(distinct month_number) > 2 and min(n_months) = max(n_months) as is_regular
    from starts
    group by source_system, version, measure, calendar_from_on
),

-- It may change from one year to the next, from quarters to months, say.
years as (
    select
        source_system,
        version,
        measure,
        calendar_from_on,
        fiscal_year,
        min(n_months_in_year) as n_months
    from starts
    where fiscal_year is not null
    group by source_system, version, measure, calendar_from_on, fiscal_year
),

-- Whoever has three quotas or more, all further apart than the others', has longer periods; with
-- two, where a quarter, a half or a year starts on both days and they are as far apart.
holders as (
    select
        source_system,
        version,
        measure,
        calendar_from_on,
        holder_id,
        min(n_own_months) as n_months
    from starts
    group by source_system, version, measure, calendar_from_on, holder_id
    having
        count(distinct month_number) > 2
        or (
            count(distinct month_number) = 2
            and min(n_own_months) in (3, 6, 12)
            and min(n_longest_months) >= min(n_own_months)
        )
),

spaced as (
    select
        starts.*,
        calendars.is_fiscal and starts.month_number is not null as is_fiscal_start,
        calendars.is_regular,
        calendars.n_common_months,
        case
            when holders.n_months > coalesce(years.n_months, calendars.n_months)
                then holders.n_months
            -- The source's own calendar knows better than the seller calendar of other years.
            when years.n_months is null and starts.calendar_end_on is null
                then calendars.n_months
            else years.n_months
        end as n_apart_months
    from starts
    inner join calendars
        on
            starts.source_system = calendars.source_system
            and starts.version = calendars.version
            and starts.measure = calendars.measure
            and starts.calendar_from_on = calendars.calendar_from_on
    left join years
        on
            starts.source_system = years.source_system
            and starts.version = years.version
            and starts.measure = years.measure
            and starts.calendar_from_on = years.calendar_from_on
            and starts.fiscal_year = years.fiscal_year
    left join holders
        on
            starts.source_system = holders.source_system
            and starts.version = holders.version
            and starts.measure = holders.measure
            and starts.calendar_from_on = holders.calendar_from_on
            and starts.holder_id = holders.holder_id
)

-- Months, quarters, halves and years, or another length that is the same every time. Where gaps
-- differ, some period has no quota: then the longest kind of which all days are first days.
select
    source_system,
    version,
    measure,
    calendar_from_on,
    calendar_to_on,
    holder_id,
    quota_on,
    next_quota_on,
    previous_quota_on,
    calendar_end_on,
    is_fiscal_start,
    month_number,
    case
        when not is_fiscal_start then null
        when n_apart_months in (1, 3, 6, 12) then n_apart_months
        when n_apart_months < 12 and is_regular then n_apart_months
        when n_apart_months >= 12 and n_common_months = 12 then 12
        when n_apart_months >= 6 and n_common_months >= 6 then 6
        when n_apart_months >= 3 and n_common_months >= 3 then 3
        when n_apart_months is not null then 1
    end as n_period_months
from spaced
