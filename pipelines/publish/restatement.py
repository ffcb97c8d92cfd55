"""What moved in closed periods: metric, scope, period, old and new value, why, which deals.

Two states of the public tables are compared deal by deal, and every difference is given one cause:

    late_data    booked in a closed period, but not known as booked when the earlier state was built
    reversal     was booked and no longer is, or is gone
    edit         amount, currency or close date were changed; a quota's amount
    hierarchy    another owner, team or credited person
    rate         the same amount in its currency at another plan rate
    definition   nothing about the deal changed, so the way of counting did

What the causes explain adds up to the movement of each total exactly, because totals are added up
from the same differences and compared with the tables (`residuals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

import duckdb

EVIDENCE = 20
"""Deals named per row; `n_deals` says how many there are."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """One cause of one movement of one total in a closed period."""

    metric: str
    """`bookings`, `credit/<measure>` or `quota/<measure>`, in the company's currency."""
    scope_type: str
    """`company`, `team`, `owner` or `participant`."""
    scope_id: str
    period_start_on: date
    period_end_on: date
    """First day after the period."""
    cause: str
    old_value: Decimal
    new_value: Decimal
    """The totals of scope and period, all causes together."""
    delta_amount: Decimal
    """What this cause moved."""
    n_deals: int
    deals: str
    """Ids of the deals behind it (of the quota, where that moved), the first ones, by comma."""


NAMES = tuple(field.name for field in fields(Restatement))

_BOOKED = """
create or replace temp view {side}_booked as
select
    'bookings' as metric,
    deals.opportunity_key, deals.opportunity_id, deals.owner_id,
    coalesce(deals.team, 'unassigned') as team,
    deals.closed_on, deals.currency, deals.amount_in_currency, deals.status,
    periods.period_start_on, periods.period_end_on,
    case when deals.status = 'won' then coalesce(deals.amount, 0) end as amount
from {database}.pipeline.fct_opportunity as deals
left join closed_periods as periods
    on
        deals.status = 'won'
        and deals.closed_on >= periods.period_start_on
        and deals.closed_on < periods.period_end_on
"""

_BOOKING_CHANGES = """
create or replace temp table booking_changes as
select
    coalesce(new.opportunity_key, old.opportunity_key) as opportunity_key,
    coalesce(new.opportunity_id, old.opportunity_id) as deal,
    case
        when new.amount is null then 'reversal'
        when old.amount is null then 'late_data'
        when
            old.amount_in_currency is distinct from new.amount_in_currency
            or old.currency is distinct from new.currency
            or old.closed_on is distinct from new.closed_on
            then 'edit'
        when old.amount <> new.amount then 'rate'
        when old.owner_id is distinct from new.owner_id or old.team is distinct from new.team
            then 'hierarchy'
        else 'definition'
    end as cause,
    old.period_start_on as old_start, old.period_end_on as old_end,
    old.owner_id as old_owner, old.team as old_team, old.amount as old_amount,
    new.period_start_on as new_start, new.period_end_on as new_end,
    new.owner_id as new_owner, new.team as new_team, new.amount as new_amount
from old_booked as old
full join new_booked as new using (opportunity_key)
where (old.period_start_on is not null or new.period_start_on is not null)
    and (
        old.amount is distinct from new.amount
        or old.period_start_on is distinct from new.period_start_on
        or old.owner_id is distinct from new.owner_id
        or old.team is distinct from new.team
    )
"""

_SCOPES = (
    ("company", "'company'", "'company'"),
    ("team", "old_team", "new_team"),
    ("owner", "old_owner", "new_owner"),
)

_CREDITED = """
create or replace temp view {side}_credited as
select
    'credit/' || credits.measure as metric,
    credits.opportunity_key, credits.opportunity_id, credits.participant_id,
    quotas.period_start_on, quotas.period_end_on,
    sum(credits.credit_amount) as amount
from {database}.attainment.fct_credit as credits
inner join {database}.attainment.fct_quota as quotas
    on credits.quota_key = quotas.quota_key
where quotas.period_end_on <= (select max(period_end_on) from closed_periods)
group by all
"""

_CREDIT_CHANGES = """
create or replace temp table credit_changes as
with moved as (
    select
        coalesce(new.metric, old.metric) as metric,
        coalesce(new.opportunity_key, old.opportunity_key) as opportunity_key,
        coalesce(new.opportunity_id, old.opportunity_id) as deal,
        coalesce(new.participant_id, old.participant_id) as participant_id,
        coalesce(new.period_start_on, old.period_start_on) as period_start_on,
        coalesce(new.period_end_on, old.period_end_on) as period_end_on,
        coalesce(old.amount, 0) as old_amount,
        coalesce(new.amount, 0) as new_amount
    from old_credited as old
    full join new_credited as new
        using (metric, opportunity_key, participant_id, period_start_on, period_end_on)
    where coalesce(old.amount, 0) <> coalesce(new.amount, 0)
)

select
    moved.*,
    coalesce(
        case when bookings.cause <> 'definition' then bookings.cause end,
        case
            when exists (
                select 1 from moved as other
                where other.metric = moved.metric
                    and other.opportunity_key = moved.opportunity_key
                    and other.participant_id <> moved.participant_id
            ) then 'hierarchy'
        end,
        'definition'
    ) as cause
from moved
left join booking_changes as bookings using (opportunity_key)
"""

_QUOTAS = """
create or replace temp view {side}_quotas as
select
    'quota/' || measure as metric,
    participant_id, period_start_on, period_end_on, quota_amount as amount, quota_key
from {database}.attainment.fct_quota_attainment
where period_end_on <= (select max(period_end_on) from closed_periods)
"""


def restatements(
    connection: duckdb.DuckDBPyConnection, old: str, new: str, closed_before: date
) -> list[Restatement]:
    """What moved between two databases on this connection, in quarters that ended by a day.

    Args:
        old: name under which the earlier state is attached.
        new: name of the later state; both have the public schemas.
        closed_before: quarters (and quota periods) whose first day after is at most this one.
    """
    if not _has(connection, old) or not _has(connection, new):
        return []
    connection.execute(
        "create or replace temp table closed_periods as select period_start_on, period_end_on "
        f"from {new}.shared.dim_fiscal_period "
        "where period_type = 'quarter' and period_end_on <= cast(? as date)",
        [closed_before],
    )
    for side, database in (("old", old), ("new", new)):
        for view in (_BOOKED, _CREDITED, _QUOTAS):
            connection.execute(view.format(side=side, database=database))
    connection.execute(_BOOKING_CHANGES)
    connection.execute(_CREDIT_CHANGES)
    found: list[Restatement] = []
    for scope, old_id, new_id in _SCOPES:
        found += _collect(connection, _booking_moves(scope, old_id, new_id), _booking_totals(scope))
    for moves, view in ((_CREDIT_MOVES, "credited"), (_QUOTA_MOVES, "quotas")):
        for scope, scope_id in (("company", "'company'"), ("participant", "participant_id")):
            scoped = f"select *, '{scope}' as scope_type, {scope_id} as scope_id from ({moves})"
            found += _collect(connection, scoped, _totals(view, scope_id))
    return found


def residuals(found: Sequence[Restatement]) -> list[Restatement]:
    """Rows whose total moved by something else than its causes say; none, if all is well."""
    explained: dict[tuple[object, ...], Decimal] = {}
    for row in found:
        key = (row.metric, row.scope_type, row.scope_id, row.period_start_on, row.period_end_on)
        explained[key] = explained.get(key, Decimal(0)) + row.delta_amount
    return [
        row
        for row in found
        if row.new_value - row.old_value
        != explained[
            row.metric, row.scope_type, row.scope_id, row.period_start_on, row.period_end_on
        ]
    ]


def _has(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    row = connection.execute(
        "select count(*) from duckdb_tables() where database_name = ? "
        "and (schema_name, table_name) in "
        "(('pipeline', 'fct_opportunity'), ('attainment', 'fct_credit'), "
        "('attainment', 'fct_quota'), ('attainment', 'fct_quota_attainment'), "
        "('shared', 'dim_fiscal_period'))",
        [database],
    ).fetchone()
    return row is not None and row[0] == 5


def _collect(connection: duckdb.DuckDBPyConnection, moves: str, totals: str) -> list[Restatement]:
    """Moves (metric, scope, period, cause, deal, delta) gathered, beside the totals they moved."""
    rows = connection.execute(f"""
        with moves as ({moves}),
        totals as ({totals}),
        gathered as (
            select
                metric, scope_type, scope_id, period_start_on, period_end_on, cause,
                sum(delta) as delta_amount,
                count(distinct deal) as n_deals,
                array_to_string(list_sort(list(distinct deal))[1:{EVIDENCE}], ',') as deals
            from moves
            group by all
            having sum(delta) <> 0
        )
        select
            gathered.metric, gathered.scope_type, gathered.scope_id, gathered.period_start_on,
            gathered.period_end_on, gathered.cause,
            coalesce(totals.old_value, 0), coalesce(totals.new_value, 0),
            gathered.delta_amount, gathered.n_deals, gathered.deals
        from gathered
        left join totals using (metric, scope_id, period_start_on, period_end_on)
        order by all
    """).fetchall()
    return [Restatement(*row) for row in rows]


def _booking_moves(scope: str, old_id: str, new_id: str) -> str:
    return f"""
        select
            'bookings' as metric, '{scope}' as scope_type, {old_id} as scope_id,
            old_start as period_start_on, old_end as period_end_on, cause, deal,
            -old_amount as delta
        from booking_changes
        where old_start is not null
        union all
        select
            'bookings', '{scope}', {new_id}, new_start, new_end, cause, deal, new_amount
        from booking_changes
        where new_start is not null
    """


def _booking_totals(scope: str) -> str:
    scope_id = {"company": "'company'", "team": "team", "owner": "owner_id"}[scope]
    return _totals("booked", scope_id)


_CREDIT_MOVES = """
    select
        metric, participant_id, period_start_on, period_end_on, cause, deal,
        new_amount - old_amount as delta
    from credit_changes
"""

_QUOTA_MOVES = """
    select
        coalesce(new.metric, old.metric) as metric,
        coalesce(new.participant_id, old.participant_id) as participant_id,
        coalesce(new.period_start_on, old.period_start_on) as period_start_on,
        coalesce(new.period_end_on, old.period_end_on) as period_end_on,
        case
            when old.amount is null then 'late_data'
            when new.amount is null then 'reversal'
            else 'edit'
        end as cause,
        coalesce(new.quota_key, old.quota_key) as deal,
        coalesce(new.amount, 0) - coalesce(old.amount, 0) as delta
    from old_quotas as old
    full join new_quotas as new using (metric, participant_id, period_start_on, period_end_on)
    where coalesce(new.amount, 0) <> coalesce(old.amount, 0)
"""


def _totals(view: str, scope_id: str) -> str:
    """Totals by scope and closed period before and after."""
    sides = " union all ".join(
        f"select metric, {scope_id} as scope_id, period_start_on, period_end_on, "
        f"{'amount' if side == 'old' else '0'} as old_amount, "
        f"{'amount' if side == 'new' else '0'} as new_amount "
        f"from {side}_{view} where period_start_on is not null"
        for side in ("old", "new")
    )
    return (
        "select metric, scope_id, period_start_on, period_end_on, sum(old_amount) as old_value, "
        f"sum(new_amount) as new_value from ({sides}) as sides group by all"
    )
