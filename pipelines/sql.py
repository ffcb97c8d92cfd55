"""Names, texts and content of tables, as SQL writes and tells them."""

from __future__ import annotations

import duckdb

_WITHOUT_COMMA = {
    "BIGINT", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT", "INTEGER", "SMALLINT",
    "TIMESTAMP", "TINYINT", "UBIGINT", "UINTEGER",
}  # fmt: skip
"""Types whose values are never written with a comma."""


def path(*parts: str) -> str:
    """A qualified name."""
    return ".".join(quoted(part) for part in parts)


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A text as SQL writes it."""
    return "'" + str(value).replace("'", "''") + "'"


def content_of(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """Rows of a table and their hash: the same for the same rows in any order.

    Args:
        table: its qualified name, as SQL writes it.
    """
    columns = connection.execute(f"describe {table}").fetchall()
    texts = ", ".join(_as_text(name, kind) for name, kind, *_ in columns)
    # A sum, not an exclusive or: rows that occur twice must not cancel each other out.
    row = connection.execute(
        f"select count(*), coalesce(sum(md5_number_lower(concat_ws(',', {texts}))), 0) from {table}"
    ).fetchone()
    assert row is not None, "an aggregate always gives a row"
    return int(row[0]), f"md5sum:{int(row[1]):032x}"


def _as_text(name: str, kind: str) -> str:
    """A value so written that no two different rows have the same text."""
    column = f"cast({quoted(name)} as varchar)"
    if kind.split("(", maxsplit=1)[0] not in _WITHOUT_COMMA:
        # Any text may follow, commas too, once its length is known; bytes are quickest to count.
        column = f"strlen({column}) || ':' || {column}"
    return f"coalesce({column}, '~')"
