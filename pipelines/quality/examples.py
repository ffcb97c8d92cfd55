"""Find one row that breaks an expectation, so that the person on call knows where to look.

Great Expectations names values only; the row behind one of them, with its key and its place in
an extract, is looked up here. A missing example never changes a result.
"""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.quality.suites import ROWS, Expectation, Suite

_PROVENANCE = {"source_system", "source_file", "source_line", "_file", "_line", "_recorded_at"}
_MOST_COLUMNS = 10
_LONGEST_VALUE = 120


def find_example(
    connection: duckdb.DuckDBPyConnection, suite: Suite, expectation: Expectation, values: list[Any]
) -> str | None:
    """One offending row as `column=value, ...`; only the value where the row is not found."""
    columns = _columns(expectation)
    try:
        if expectation.expect == ROWS:
            row = _first(connection, _of(expectation.sql or "", suite), [])
            return None if row is None else _text(row, [], fill=True)
        if not values or not columns:
            return None
        value = _parts(values[0], columns)
        # With a condition, a row of the same value may be one the expectation did not mean.
        row = None if "row_condition" in expectation.arguments else _row(connection, suite, value)
    except (duckdb.Error, ValueError):
        row, value = None, {}
    if row is not None:
        return _text(row, columns)
    return _text(value, columns) if value else str(values[0]) if values else None


def _columns(expectation: Expectation) -> list[str]:
    arguments = expectation.arguments
    names = [arguments.get("column"), arguments.get("column_A"), arguments.get("column_B")]
    return [str(name) for name in [*names, *arguments.get("column_list", [])] if name]


def _parts(value: Any, columns: list[str]) -> dict[str, Any]:
    """Great Expectations gives one value, a tuple of a pair, or a mapping of a compound key."""
    if isinstance(value, dict):
        return value
    if len(columns) == 1:
        return {columns[0]: value}
    return dict(zip(columns, value, strict=True))


def _row(
    connection: duckdb.DuckDBPyConnection, suite: Suite, value: dict[str, Any]
) -> dict[str, Any] | None:
    conditions = " and ".join(f"{_quoted(column)} is not distinct from ?" for column in value)
    sql = f"select * from {_table(suite)} where {conditions}"
    return _first(connection, sql, list(value.values()))


def _of(sql: str, suite: Suite) -> str:
    """The query as Great Expectations runs it: doubled braces are its way to write one."""
    return sql.format(batch=_table(suite)).rstrip().rstrip(";")


def _table(suite: Suite) -> str:
    return f"{_quoted(suite.schema_name)}.{_quoted(suite.table_name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]
) -> dict[str, Any] | None:
    cursor = connection.execute(f"select * from ({sql}) limit 1", parameters)
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone()
    return None if row is None else dict(zip(names, row, strict=True))


def _text(row: dict[str, Any], columns: list[str], *, fill: bool = False) -> str:
    """The columns that were checked, those that identify the row, and with `fill` others."""
    checked = [name for name in row if name in columns]
    # Provenance is what leads to the extract, so it is the last to be left out.
    provenance = [name for name in row if name in _PROVENANCE and name not in checked]
    keys = [name for name in row if name.endswith(("_id", "_key")) and name not in checked]
    room = max(_MOST_COLUMNS - len(checked) - len(provenance), 0)
    others = [n for n in row if n not in {*checked, *keys, *provenance}]
    wanted = [*keys, *others] if fill or not (keys or provenance) else keys
    shown = {*checked, *provenance, *wanted[:room]}
    first = [*checked, *(name for name in row if name not in checked)]
    return ", ".join(f"{name}={_short(row[name])}" for name in first if name in shown)


def _short(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
