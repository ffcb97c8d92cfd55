"""A value that is missing where a check looks is noticed, or the suite says what it means.

Most comparisons are neither true nor false of a NULL, and Great Expectations passes over it. Each
column that a suite or a reconciliation speaks of loses its value in one row after another, all of
which is rolled back; some check that speaks of the table has to find more than before, or
`may_be_missing` has to name the column. Where the company has no value to lose, a promise has to
ask for the NULL in so many words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import pytest

from pipelines.clock import today
from pipelines.contracts import load_contract
from pipelines.quality.reconciliation import load_reconciliations, reconcile
from pipelines.quality.suites import NOT_NULL, ROWS, Expectation, Suite, load_suites
from pipelines.settings import PROJECT_ROOT
from pipelines.transform.dbt_project import entity_sources
from tests.sources.world import Systems

EXPECTATIONS = PROJECT_ROOT / "expectations"
SUITES = load_suites(EXPECTATIONS)
PUBLIC = [suite for suite in SUITES if suite.schema_name != "raw"]
RAW = [suite for suite in SUITES if suite.schema_name == "raw"]
WORD = re.compile(r"[a-z_]\w*")


def columns_of(promise: Expectation) -> set[str]:
    """Those a promise about values speaks of."""
    named = (promise.arguments.get(key) for key in ("column", "column_A", "column_B"))
    return {str(each) for each in named if each}


@dataclass
class Checks:
    """What is asked of one table, and the columns of it that are spoken of."""

    suite: Suite
    columns: frozenset[str]
    queries: dict[str, str] = field(default_factory=dict)
    spoken_of: set[str] = field(default_factory=set)

    def read(self, reconciliations: Mapping[str, str]) -> None:
        table = self.suite.table
        for promise in self.suite.expectations:
            self.spoken_of |= columns_of(promise)
            if promise.sql:
                self.ask(promise.short_name, promise.sql.replace("{batch}", table))
            elif promise.expect == NOT_NULL:
                self.ask(
                    promise.short_name, f"select 1 from {table} where {promise.column} is null"
                )
        for name, sql in reconciliations.items():
            if re.search(rf"\b{table}\b", sql):
                self.ask(name, sql)

    def ask(self, name: str, sql: str) -> None:
        self.queries[name] = sql
        self.spoken_of |= set(WORD.findall(sql)) & self.columns

    def asks_for_null(self, column: str) -> bool:
        return any(
            re.search(rf"\b{column} is (not )?null\b", " ".join(sql.split()))
            for sql in self.queries.values()
        )


@dataclass
class Build:
    """The tables of a company, and how many rows each check finds in them."""

    connection: duckdb.DuckDBPyConnection
    checks: dict[str, Checks]
    found: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, sql: str) -> int:
        [row] = self.connection.execute(f"select count(*) from ({sql}) as found").fetchall()
        return int(row[0])

    def before(self, table: str, name: str) -> int:
        """Rows the check finds as long as nothing is lost."""
        if (table, name) not in self.found:
            self.found[table, name] = self.count(self.checks[table].queries[name])
        return self.found[table, name]

    def unnoticed(self, table: str) -> Iterator[str]:
        """Columns that are spoken of, and whose missing value no check finds."""
        checks = self.checks[table]
        for name in checks.queries:
            self.before(table, name)
        for column in sorted(checks.spoken_of):
            rows = self.rows_with(table, column)
            noticed = (
                all(self.notices_the_loss(table, column, row) for row in rows)
                if rows
                else checks.asks_for_null(column)
            )
            if not noticed:
                yield column

    def rows_with(self, table: str, column: str) -> list[int]:
        """The first, the last and a row between of those that have a value; a check of one kind of
        row may pass over the others.
        """
        [row] = self.connection.execute(
            "select min(rowid), quantile_disc(rowid, 0.5), max(rowid) "
            f"from {table} where {column} is not null"
        ).fetchall()
        return sorted({each for each in row if each is not None})

    def notices_the_loss(self, table: str, column: str, row: int) -> bool:
        self.connection.execute("begin")
        self.connection.execute(f"update {table} set {column} = null where rowid = {row}")
        try:
            return any(
                self.count(sql) > self.before(table, name)
                for name, sql in self.checks[table].queries.items()
            )
        finally:
            self.connection.execute("rollback")


@pytest.fixture(scope="module")
def build(systems: Systems) -> Iterator[Build]:
    company = systems.company
    sources = entity_sources(company)
    chosen = load_reconciliations(EXPECTATIONS / "reconciliations", sources)
    with duckdb.connect(str(company.warehouse_file)) as connection:
        # Makes the views that reconciliations read.
        answers = reconcile(
            connection, chosen, sources, enabled=company.sources, today=today(company)
        )
        assert not [each.message for each in answers if each.status == "error"]
        columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns()"
        ).fetchall():
            columns.setdefault(table, set()).add(column)
        checks = {suite.table: Checks(suite, frozenset(columns[suite.table])) for suite in PUBLIC}
        for each in checks.values():
            each.read({one.name: one.sql for one in chosen})
        yield Build(connection, checks)


@pytest.mark.parametrize("suite", PUBLIC, ids=lambda suite: suite.table)
def test_a_missing_value_is_noticed_or_allowed(build: Build, suite: Suite) -> None:
    allowed = set(suite.may_be_missing)
    assert allowed <= build.checks[suite.table].spoken_of, "of these no check speaks"
    assert set(build.unnoticed(suite.table)) <= allowed


def test_the_checks_of_a_table_notice_what_they_compare(build: Build) -> None:
    """A promise that only says what a value is not lets every missing one pass."""
    table = "shared.dim_stage"
    careless = Checks(build.checks[table].suite, frozenset({"status"}))
    careless.ask("in_another_state", f"select 1 from {table} where status not in ('open', 'won')")
    assert list(Build(build.connection, {table: careless}).unnoticed(table)) == ["status"]


@pytest.mark.parametrize("suite", RAW, ids=lambda suite: suite.table)
def test_a_delivered_value_is_required_asked_for_or_allowed(suite: Suite) -> None:
    source, name = suite.table_name.split("__", 1)
    columns = load_contract(source).objects[name].columns
    required = {column.name for column in columns if column.required}
    asked_for = {each.column for each in suite.expectations if each.expect == NOT_NULL}
    spoken_of = {
        column
        for promise in suite.expectations
        if promise.expect != ROWS
        for column in columns_of(promise)
        # The load writes these, and none of them is NULL.
        if not column.startswith("_")
    }
    assert spoken_of - required - asked_for <= set(suite.may_be_missing)
