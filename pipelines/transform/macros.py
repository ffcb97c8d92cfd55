"""Table macros of a release: the questions about a past day that analysts ask in one select.

A macro reads published tables only, so that an answer can be followed by hand. As of day D is what
had been recorded by the end of D.
"""

from __future__ import annotations

OPPORTUNITIES_AS_OF = """
create or replace macro pipeline.opportunities_as_of(as_of_day) as table
select
    versions.opportunity_key,
    versions.source_system,
    versions.opportunity_id,
    versions.account_id,
    versions.owner_id,
    versions.created_on,
    versions.close_on,
    case when versions.status in ('won', 'lost') then versions.close_on end as closed_on,
    versions.opportunity_name,
    versions.stage,
    versions.stage_ordinal,
    versions.forecast_category,
    versions.status,
    versions.currency,
    versions.source_file,
    versions.source_line,
    versions.amount_in_currency,
    cast(
        cast(versions.amount_in_currency as decimal(20, 4)) * rates.plan_rate as decimal(18, 4)
    ) as amount,
    versions.probability_pct,
    cast(
        cast(versions.expected_revenue_in_currency as decimal(20, 4)) * rates.plan_rate
        as decimal(18, 4)
    ) as expected_revenue_amount
from pipeline.fct_opportunity_version as versions
left join shared.dim_plan_rate_as_known as rates
    on
        versions.currency = rates.currency
        and rates.known_from_on <= cast(as_of_day as date)
        and rates.known_to_on > cast(as_of_day as date)
        and rates.valid_from <= case
            when versions.status = 'open' then cast(as_of_day as date)
            else least(versions.close_on, cast(as_of_day as date))
        end
        and rates.valid_to > case
            when versions.status = 'open' then cast(as_of_day as date)
            else least(versions.close_on, cast(as_of_day as date))
        end
where
    versions.known_from_on <= cast(as_of_day as date)
    and versions.known_to_on > cast(as_of_day as date)
    and not versions.is_deleted
"""

BOOKINGS_AS_OF = """
create or replace macro attainment.bookings_as_of(as_of_day) as table
select
    fiscal_quarter_key,
    sum(n_bookings) as n_bookings,
    sum(case when is_amount_missing then n_bookings else 0 end) as n_missing_amount,
    coalesce(sum(amount), 0) as booked_amount
from attainment.fct_booking_event
where recorded_on <= cast(as_of_day as date)
group by fiscal_quarter_key
"""

ATTAINMENT_AS_OF = """
create or replace macro attainment.attainment_as_of(as_of_day) as table
with quotas as (
    select
        *,
        least(period_end_on - 1, cast(as_of_day as date)) as seen_on
    from attainment.fct_quota_in_force
    where participant_id is not null
        and known_from_on <= cast(as_of_day as date)
        and known_to_on > cast(as_of_day as date)
),

achieved as (
    select
        quotas.quota_in_force_key,
        sum(achievements.achieved_amount) as credit_amount,
        sum(achievements.n_bookings) as n_credits
    from quotas
    inner join attainment.fct_achievement as achievements
        on
            quotas.participant_id = achievements.participant_id
            and quotas.measure = achievements.measure
            and quotas.period_start_on <= achievements.effective_on
            and quotas.period_end_on > achievements.effective_on
    where achievements.recorded_on <= cast(as_of_day as date)
    group by quotas.quota_in_force_key
)

select
    quotas.participant_id,
    people.manager_id,
    quotas.period_start_on,
    quotas.period_end_on,
    coalesce(people.participant_name, quotas.participant_id) as participant_name,
    people.manager_name,
    people.team,
    people.region,
    quotas.measure,
    case
        when coalesce(quotas.quota_amount, 0) = 0 then 'no_quota'
        when cast(as_of_day as date) < quotas.period_start_on then 'ahead'
        when cast(as_of_day as date) < quotas.period_end_on then 'running'
        else 'closed'
    end as attainment_state,
    quotas.full_quota_amount,
    quotas.quota_amount,
    cast(coalesce(achieved.credit_amount, 0) as decimal(18, 4)) as credit_amount,
    cast(coalesce(achieved.credit_amount, 0) as double)
    / nullif(cast(quotas.quota_amount as double), 0) as attainment_pct,
    cast(coalesce(achieved.n_credits, 0) as bigint) as n_credits
from quotas
left join achieved on quotas.quota_in_force_key = achieved.quota_in_force_key
left join shared.dim_participant_as_known as people
    on
        quotas.participant_id = people.participant_id
        and quotas.seen_on >= people.valid_from
        and quotas.seen_on < people.valid_to
        and people.known_from_on <= cast(as_of_day as date)
        and people.known_to_on > cast(as_of_day as date)
"""

ATTAINMENT_THEN_AND_NOW = """
create or replace macro attainment.attainment_then_and_now(as_of_day) as table
with now_known as (select * from attainment.fct_quota_attainment),

then_known as (select * from attainment.attainment_as_of(as_of_day)),

periods as (
    select
        coalesce(n.participant_id, t.participant_id) as participant_id,
        coalesce(n.participant_name, t.participant_name) as participant_name,
        coalesce(n.measure, t.measure) as measure,
        coalesce(n.period_start_on, t.period_start_on) as period_start_on,
        coalesce(n.period_end_on, t.period_end_on) as period_end_on,
        t.quota_amount as quota_then_amount,
        t.credit_amount as credit_then_amount,
        t.attainment_pct as attainment_then_pct,
        n.quota_amount as quota_now_amount,
        n.credit_amount as credit_now_amount,
        n.attainment_pct as attainment_now_pct
    from now_known as n
    full join then_known as t
        on
            n.participant_id = t.participant_id
            and n.measure = t.measure
            and n.period_start_on = t.period_start_on
            and n.period_end_on = t.period_end_on
),

since as (
    select
        periods.participant_id,
        periods.measure,
        periods.period_start_on,
        periods.period_end_on,
        sum(case when a.cause in ('book', 'rebook', 'done') then a.achieved_amount end) as late,
        sum(case when a.cause in ('reverse', 'taken_back') then a.achieved_amount end) as reversed,
        sum(case when a.cause = 'adjust' then a.achieved_amount end) as adjusted,
        sum(case when a.cause = 'recredit' then a.achieved_amount end) as recredited
    from periods
    inner join attainment.fct_achievement as a
        on
            periods.participant_id = a.participant_id
            and periods.measure = a.measure
            and periods.period_start_on <= a.effective_on
            and periods.period_end_on > a.effective_on
    where a.recorded_on > cast(as_of_day as date)
    group by
        periods.participant_id, periods.measure, periods.period_start_on, periods.period_end_on
)

select
    periods.*,
    coalesce(periods.quota_now_amount, 0) - coalesce(periods.quota_then_amount, 0)
        as quota_difference_amount,
    coalesce(periods.credit_now_amount, 0) - coalesce(periods.credit_then_amount, 0)
        as credit_difference_amount,
    coalesce(since.late, 0) as booked_since_amount,
    coalesce(since.reversed, 0) as reversed_since_amount,
    coalesce(since.adjusted, 0) as adjusted_since_amount,
    coalesce(since.recredited, 0) as recredited_since_amount
from periods
left join since
    on
        periods.participant_id = since.participant_id
        and periods.measure = since.measure
        and periods.period_start_on = since.period_start_on
        and periods.period_end_on = since.period_end_on
"""

MACROS = (OPPORTUNITIES_AS_OF, BOOKINGS_AS_OF, ATTAINMENT_AS_OF, ATTAINMENT_THEN_AND_NOW)
"""In the order in which they are made: a macro may use those before it."""
