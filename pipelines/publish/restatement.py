"""What moved in closed periods: metric, scope, period, old and new value, why, which deals.

Two states of the public tables are compared deal by deal, and every difference is given one cause:

    late_data    booked in a closed period, but not known as booked when the earlier state was built
    reversal     was booked and no longer is, or is gone
    edit         amount, currency or close date were changed; a quota's amount
    hierarchy    another owner, team or credited person
    rate         the same amount in its currency at another plan rate
    definition   nothing about the deal changed, so the way of counting did

Where the definition of a metric changed between the two, everything that moved is its doing unless
something was delivered since about the very deal, quota or document: then that has one of the
other causes.

What the causes explain adds up to the movement of each total exactly, because totals are added up
from the same differences and compared with the tables (`residuals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

import duckdb

from pipelines.publish.definitions import Definition

EVIDENCE = 20
"""Deals named per row; `n_deals` says how many there are."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """One cause of one movement of one total in a closed period."""

    metric: str
    """`bookings`, `credit/<measure>`, `quota/<measure>`, `orders` or `invoices`, in the company's
    currency."""
    scope_type: str
    """`company`, `team`, `owner` or `participant`."""
    scope_id: str
    """Deals without a team are in team `unassigned`; a team of that name is quoted, as in the keys
    of nodes."""
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

_DEALS = tuple(
    f"pipeline.fct_opportunity.{column}"
    for column in (
        "amount", "amount_in_currency", "currency", "status", "closed_on", "owner_id", "team"
    )
)  # fmt: skip
_QUOTAS_IN_FORCE = tuple(
    f"attainment.fct_quota_attainment.{column}"
    for column in ("quota_amount", "participant_id", "measure", "period_start_on", "period_end_on")
)
_MADE_FROM = {
    "bookings": _DEALS,
    "credit": (
        *_DEALS,
        *(
            f"attainment.fct_credit.{column}"
            for column in ("credit_amount", "measure", "participant_id", "quota_key")
        ),
        *(f"attainment.fct_quota.{column}" for column in ("period_start_on", "period_end_on")),
    ),
    "quota": _QUOTAS_IN_FORCE,
    "orders": ("revenue.fct_order.subtotal_amount", "revenue.fct_order.ordered_on"),
    "invoices": ("revenue.fct_invoice.invoice_amount", "revenue.fct_invoice.invoiced_on"),
}
"""Public columns each metric is added up from."""


@dataclass(frozen=True, slots=True)
class Redefined:
    """What numbers of the later state mean that they did not mean in the earlier one."""

    changed: tuple[Definition, ...] = ()
    known_until: date = date.max
    """Last day the earlier state knows."""

    def moved(self, metric: str) -> bool:
        """Whether a metric is made from something that was redefined."""
        columns = _MADE_FROM[metric.split("/", maxsplit=1)[0]]
        return any(each.covers(column) for each in self.changed for column in columns)

    def is_meant(self, metric: str, unheard_of: str) -> str:
        """SQL: this row moved by definition, as nothing was heard of it since."""
        return unheard_of if self.moved(metric) else "false"


_BOOKED = """
create or replace temp view {side}_booked as
select
    'bookings' as metric,
    deals.opportunity_key, deals.opportunity_id, deals.owner_id,
    case
        when deals.team = 'unassigned' then '"unassigned"'
        else coalesce(deals.team, 'unassigned')
    end as team,
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
        when {is_meant} then 'definition'
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
        case when {is_meant} then 'definition' end,
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
    participant_id, period_start_on, period_end_on, quota_amount as amount, quota_key,
    {file} as file
from {database}.attainment.fct_quota_attainment
where period_end_on <= (select max(period_end_on) from closed_periods)
"""


_DOCUMENTS = {
    "orders": ("revenue", "fct_order", "order_id", "ordered_on", "subtotal_amount"),
    "invoices": ("revenue", "fct_invoice", "invoice_id", "invoiced_on", "invoice_amount"),
}
DOCUMENTS = frozenset(_DOCUMENTS)
"""Metrics of documents."""

_DOCUMENTED = """
create or replace temp view {side}_documents as
select
    documents.metric, documents.source_system, documents.document_id,
    documents.amount, documents.file,
    periods.period_start_on, periods.period_end_on
from ({documents}) as documents
left join closed_periods as periods
    on
        documents.document_on >= periods.period_start_on
        and documents.document_on < periods.period_end_on
"""

_DOCUMENT_CHANGES = """
create or replace temp table document_changes as
select
    coalesce(new.metric, old.metric) as metric,
    coalesce(new.document_id, old.document_id) as deal,
    case
        when {is_meant} then 'definition'
        when new.amount is null then 'reversal'
        when old.amount is null then 'late_data'
        else 'edit'
    end as cause,
    old.period_start_on as old_start, old.period_end_on as old_end, old.amount as old_amount,
    new.period_start_on as new_start, new.period_end_on as new_end, new.amount as new_amount
from old_documents as old
full join new_documents as new using (metric, source_system, document_id)
where (old.period_start_on is not null or new.period_start_on is not null)
    and (
        old.amount is distinct from new.amount
        or old.period_start_on is distinct from new.period_start_on
    )
"""

_DOCUMENT_MOVES = """
    select
        metric, 'company' as scope_type, 'company' as scope_id,
        old_start as period_start_on, old_end as period_end_on, cause, deal, -old_amount as delta
    from document_changes
    where old_start is not null
    union all
    select metric, 'company', 'company', new_start, new_end, cause, deal, new_amount
    from document_changes
    where new_start is not null
"""

_UNHEARD_OF_DEAL = (
    "{deal} not in (select opportunity_key from heard_of where opportunity_key is not null)"
)
_UNHEARD_OF_FILE = "(new.file is null or new.file in (select file from known_files))"

VIEWS = tuple(
    f"{side}_{view}"
    for side in ("old", "new")
    for view in ("booked", "credited", "quotas", "documents")
)
"""Temporary views that hold on to the databases they compare."""


def restatements(
    connection: duckdb.DuckDBPyConnection,
    old: str,
    new: str,
    closed_before: date,
    since: Redefined | None = None,
) -> list[Restatement]:
    """What moved between two databases on this connection, in quarters that ended by a day.

    Args:
        old: name under which the earlier state is attached.
        new: name of the later state; both have the public schemas.
        closed_before: quarters (and quota periods) whose first day after is at most this one.
        since: what numbers of the later state mean otherwise than those of the earlier one.
    """
    since = since or Redefined()
    if not _has(connection, old) or not _has(connection, new):
        return []
    connection.execute(
        "create or replace temp table closed_periods as select period_start_on, period_end_on "
        f"from {new}.shared.dim_fiscal_period "
        "where period_type = 'quarter' and period_end_on <= cast(? as date)",
        [closed_before],
    )
    _prepare(connection, old, new, since)
    found: list[Restatement] = []
    for scope, old_id, new_id in _SCOPES:
        found += _collect(connection, _booking_moves(scope, old_id, new_id), _booking_totals(scope))
    found += _collect(connection, _DOCUMENT_MOVES, _totals("documents", "'company'"))
    quota_moves = _QUOTA_MOVES.format(is_meant=since.is_meant("quota", _UNHEARD_OF_FILE))
    for moves, view in ((_CREDIT_MOVES, "credited"), (quota_moves, "quotas")):
        for scope, scope_id in (("company", "'company'"), ("participant", "participant_id")):
            scoped = f"select *, '{scope}' as scope_type, {scope_id} as scope_id from ({moves})"
            found += _collect(connection, scoped, _totals(view, scope_id))
    return found


def _prepare(connection: duckdb.DuckDBPyConnection, old: str, new: str, since: Redefined) -> None:
    """Both states side by side, and every difference between them with its cause."""
    if since.changed:
        _prepare_evidence(connection, old, new, since.known_until)
    kept = [metric for metric in _DOCUMENTS if _has_documents(connection, metric, old, new)]
    for side, database in (("old", old), ("new", new)):
        file = "source_file" if since.changed else "cast(null as varchar)"
        for view in (_BOOKED, _CREDITED, _QUOTAS):
            connection.execute(view.format(side=side, database=database, file=file))
        documents = " union all ".join(_documents(metric, database, file) for metric in kept)
        connection.execute(_DOCUMENTED.format(side=side, documents=documents or _NO_DOCUMENTS))
    deal = "coalesce(new.opportunity_key, old.opportunity_key)"
    meant = since.is_meant("bookings", _UNHEARD_OF_DEAL.format(deal=deal))
    connection.execute(_BOOKING_CHANGES.format(is_meant=meant))
    meant = since.is_meant("credit", _UNHEARD_OF_DEAL.format(deal="moved.opportunity_key"))
    connection.execute(_CREDIT_CHANGES.format(is_meant=meant))
    redefined = [f"'{metric}'" for metric in _DOCUMENTS if since.moved(metric)]
    of_metric = f"coalesce(new.metric, old.metric) in ({', '.join(redefined)})"
    meant = f"{of_metric} and {_UNHEARD_OF_FILE}" if redefined else "false"
    connection.execute(_DOCUMENT_CHANGES.format(is_meant=meant))


def _prepare_evidence(
    connection: duckdb.DuckDBPyConnection, old: str, new: str, known_until: date
) -> None:
    """What was delivered since: deals with a later version, and the files that are not new."""
    connection.execute(
        "create or replace temp table heard_of as select distinct opportunity_key "
        f"from {new}.pipeline.fct_opportunity_version where known_from_on > cast(? as date)",
        [known_until],
    )
    connection.execute(
        "create or replace temp table known_files as "
        f"select unnest(string_split(files, chr(10))) as file from {old}.meta.batch"
    )


def _has_documents(connection: duckdb.DuckDBPyConnection, metric: str, *databases: str) -> bool:
    """Whether both states have the columns; what one of them lacks cannot be compared."""
    schema, table, *columns = _DOCUMENTS[metric]
    row = connection.execute(
        "select count(*) from duckdb_columns() where schema_name = ? and table_name = ? "
        "and list_contains(?, database_name) and list_contains(?, column_name)",
        [schema, table, list(databases), columns],
    ).fetchone()
    return row is not None and row[0] == len(databases) * len(columns)


def _documents(metric: str, database: str, file: str) -> str:
    schema, table, key, day, amount = _DOCUMENTS[metric]
    return (
        f"select '{metric}' as metric, source_system, {key} as document_id, {day} as document_on, "
        f"coalesce({amount}, 0) as amount, {file} as file from {database}.{schema}.{table}"
    )


_NO_DOCUMENTS = (
    "select null::varchar as metric, null::varchar as source_system, null::varchar as document_id, "
    "null::date as document_on, null::decimal(18, 4) as amount, null::varchar as file "
    "where false"
)


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
            when {is_meant} then 'definition'
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
