"""Hold a build against itself: what was read, what was kept, what core made of it, what is public.

A reconciliation (`expectations/reconciliations/*.yaml`) adds something up along two ways that
share as little as possible and returns the rows on which they differ. It reads the tables as they
stand, not as a model left them, so that one somebody changed by hand is found as well. A query that
cannot be asked is an error, never a pass.

Its SQL may name every table that dbt makes and these views, all of them of enabled sources only,
as `raw` and `control` keep what a source delivered before it was taken out:

    raw_rows        source, object, batch_id, n_upserts, n_deletes, n_late
                                                            what the raw log holds of each batch
    altered_rows    source, object, _file, _line            raw rows that are not as written
    batches         the ledger of loads (`control.batches`)
    staged_deals, staged_changes, staged_field_changes, staged_entries, staged_merges,
    staged_quotas, staged_statements    what staging hands to core
    staged_currencies  entity, source_system, record_id, currency, op, extracted_at
                    of all records whose amounts are public
    personal_texts  table_name, column_name, n_addresses, n_masked, example
                    public texts with an address in them, or with the mask of personal data
    clock           today_on                                the day it is for the company
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from pipelines.quality.lists import read_lists
from pipelines.quality.results import CheckResult, ExpectedCheck, Severity

PRIVATE_SCHEMAS = ("config", "control", "core", "increment", "main", "raw", "staging")
"""Schemas readers do not get; every other one of the warehouse is public."""
ADDRESS = "[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+"
MASK = "(personal data"
"""How the mask begins that the loader puts in the place of personal data."""
_SHOWN = 12
"""Columns of an example."""
_STAMPS = "op, recorded_at, extracted_at"
_LINE = "source_file, source_line"
_DEAL = (
    "source_system, opportunity_id, owner_id, is_deleted, amount, currency, close_on, stage_value, "
    f"{_STAMPS}, {_LINE}"
)
_STAGED = {
    "staged_deals": ("opportunity", _DEAL),
    "staged_changes": (
        "opportunity_change",
        "source_system, opportunity_id, change_id, stage_value, amount, currency, close_on, "
        f"changed_at, {_STAMPS}, {_LINE}",
    ),
    "staged_field_changes": (
        "opportunity_field_change",
        "source_system, opportunity_id, change_id, field, new_value, "
        f"changed_at, {_STAMPS}, {_LINE}",
    ),
    "staged_entries": (
        "stage_entry",
        f"source_system, opportunity_id, stage_value, entered_on, {_STAMPS}",
    ),
    "staged_merges": ("opportunity_merge", f"source_system, record_id, {_STAMPS}"),
    "staged_statements": (
        "crm_statement",
        "source_system, opportunity_id, close_on, fiscal_year, fiscal_quarter, created_at, "
        f"{_STAMPS}, {_LINE}",
    ),
    "staged_quotas": ("quota", f"source_system, quota_id, version, quota_amount, {_STAMPS}"),
}
"""View, the entity it holds, and its columns."""
_IN_CURRENCY = {
    "opportunity": "opportunity_id",
    "order": "order_id",
    "invoice": "invoice_id",
    "product_price": "product_id",
    "quota": "quota_id",
    "spend": "spend_id",
}
"""Entities whose amounts are public and in a currency of their own, and what names a record."""

Text = Annotated[str, Field(min_length=1)]


class Reconciliation(BaseModel):
    """One comparison of two ways to the same number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    table: Annotated[str, Field(pattern=r"^[a-z_]+\.\w+$")]
    """What is wrong if the two ways differ."""
    severity: Severity
    owner: Text
    why: Text
    next_step: Text
    sql: Text
    """Rows that differ; none when the ways agree."""
    needs: str | None = None
    """Entity without which there is nothing to compare."""

    @property
    def check_id(self) -> str:
        return f"reconciliation.{self.name}"

    @property
    def expected(self) -> ExpectedCheck:
        return ExpectedCheck(self.check_id, self.severity)


def load_reconciliations(
    folder: Path, entity_sources: Mapping[str, Collection[str]]
) -> tuple[Reconciliation, ...]:
    """The reconciliations that have something to compare, given which sources feed which entity.

    Raises:
        ConfigurationError: a file is not a valid list of them, or a name is taken twice.
    """
    found = read_lists(folder, Reconciliation, "reconciliations")
    return tuple(each for each in found if not each.needs or entity_sources.get(each.needs))


def reconcile(
    connection: duckdb.DuckDBPyConnection,
    chosen: Sequence[Reconciliation],
    entity_sources: Mapping[str, Collection[str]],
    *,
    enabled: Collection[str],
    today: date,
) -> list[CheckResult]:
    """Ask every chosen reconciliation; one result each, in their order.

    Args:
        enabled: sources whose deliveries count.
        today: the day against which it is judged whether something is late.
    """
    try:
        _prepare(connection, entity_sources, enabled, today)
    except duckdb.Error as error:
        return [
            _result(each, message=f"the views it reads cannot be made: {error}") for each in chosen
        ]
    return [_ask(connection, each) for each in chosen]


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    entity_sources: Mapping[str, Collection[str]],
    enabled: Collection[str],
    today: date,
) -> None:
    """Views that live as long as the connection, over whatever this company has."""
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'raw' "
        "and database_name = current_database() order by table_name, column_index"
    ).fetchall():
        if table.split("__", 1)[0] in enabled:
            columns.setdefault(table, []).append(column)
    counted = [
        f"select '{source}' as source, '{name}' as object, _batch_id as batch_id, "
        "count(*) filter (_op = 'upsert') as n_upserts, "
        "count(*) filter (_op = 'delete') as n_deletes, "
        # A version that is filed behind the one before it may lie some ticks after the cut.
        "count(*) filter (coalesce(_recorded_at > _extracted_at + interval 1 second, true)) "
        "as n_late "
        f'from raw."{table}" group by _batch_id'
        for table in columns
        for source, name in [table.split("__", 1)]
    ]
    altered = [
        f"select '{source}' as source, '{name}' as object, _file, _line "
        f'from raw."{table}" where hash({", ".join(_quoted(own))}) is distinct from _row_hash'
        for table in columns
        for source, name in [table.split("__", 1)]
        if (own := [column for column in columns[table] if not column.startswith("_")])
    ]
    sources = ", ".join(f"'{source}'" for source in enabled)
    loads = [f"select * from control.batches where source in ({sources})"]
    clock = [f"select date '{today}' as today_on"]
    views = {"batches": loads, "clock": clock, "raw_rows": counted, "altered_rows": altered}
    for view, (entity, names) in _STAGED.items():
        views[view] = [
            f"select {names} from staging.stg_{source}__{entity}"
            for source in entity_sources.get(entity, ())
        ] or [f"select {_nothing(names)} where false"]
    views["staged_currencies"] = [
        f"select '{entity}' as entity, source_system, {name} as record_id, currency, op, "
        f"extracted_at from staging.stg_{source}__{entity}"
        for entity, name in _IN_CURRENCY.items()
        for source in entity_sources.get(entity, ())
    ] or [
        f"select {_nothing('entity, source_system, record_id, currency, op, extracted_at')} "
        "where false"
    ]
    views["personal_texts"] = _personal_texts(connection) or [
        f"select {_nothing('table_name, column_name, n_addresses, n_masked, example')} where false"
    ]
    for view, parts in views.items():
        connection.execute(f"create or replace temp view {view} as {' union all '.join(parts)}")


def _personal_texts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Texts of public tables that look like an address, or were masked for it, by column."""
    texts = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and data_type = 'VARCHAR' "
        "and not list_contains(?, schema_name) order by all",
        [list(PRIVATE_SCHEMAS)],
    ).fetchall()
    return [
        f"select '{schema}.{table}' as table_name, '{column}' as column_name, "
        f"count(*) filter (contains({name}, '@') and regexp_matches({name}, '{ADDRESS}')) "
        f"as n_addresses, count(*) filter (contains({name}, '{MASK}')) as n_masked, "
        f"min({name}) filter (contains({name}, '{MASK}')) as example "
        f"from {schema}.{table} where contains({name}, '@') or contains({name}, '{MASK}')"
        for schema, table, column in texts
        for name in _quoted([column])
    ]


def _quoted(names: Sequence[str]) -> list[str]:
    return ['"' + name.replace('"', '""') + '"' for name in names]


def _nothing(names: str) -> str:
    return ", ".join(f"null as {name}" for name in names.split(", "))


def _ask(connection: duckdb.DuckDBPyConnection, asked: Reconciliation) -> CheckResult:
    try:
        cursor = connection.execute(
            f"select count(*) over () as n_failed, * from ({asked.sql}) as differing limit 1"
        )
        row = cursor.fetchone()
    except duckdb.Error as error:
        return _result(asked, message=f"the query cannot be asked: {error}")
    if row is None or cursor.description is None:
        return _result(asked, n_failed=0)
    names = [column[0] for column in cursor.description]
    pairs = list(zip(names, row, strict=True))[1 : _SHOWN + 1]
    example = ", ".join(f"{name}={value}" for name, value in pairs if value is not None)
    return _result(asked, n_failed=int(row[0]), example=example)


def _result(
    asked: Reconciliation,
    *,
    n_failed: int | None = None,
    example: str | None = None,
    message: str | None = None,
) -> CheckResult:
    return CheckResult(
        check_id=asked.check_id,
        kind="reconciliation",
        asset=asked.table,
        severity=asked.severity,
        owner=asked.owner,
        why=asked.why,
        next_step=asked.next_step,
        status="error" if n_failed is None else "fail" if n_failed else "pass",
        n_failed=n_failed or None,
        observed=f"{n_failed:,} row{'' if n_failed == 1 else 's'}" if n_failed else None,
        example=example,
        message=message,
    )
