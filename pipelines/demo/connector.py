"""Tables as replicating connectors deliver them: UTF-8 CSV with every column of the table.

A file brings what is new or changed since the one before. The lists of columns are data in
`connector_columns.yml`; which rows there are is decided by the rooms of the systems.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path

import yaml

from pipelines.demo.clock import end_of_day

COLUMNS_FILE = Path(__file__).with_name("connector_columns.yml")
SYNCED_BEFORE_MIDNIGHT = timedelta(minutes=25)

Row = dict[str, object]
"""Values by column; a column that is not named is empty."""


@cache
def table_columns(table: str) -> tuple[str, ...]:
    """All columns of a table (`<source>_<object>`), in the order of the file."""
    return tuple(_lists()[table].split())


@cache
def _lists() -> dict[str, str]:
    lists = yaml.safe_load(COLUMNS_FILE.read_text(encoding="utf-8"))
    return {str(name): str(names) for name, names in lists.items()}


def table_header(table: str) -> str:
    return ",".join(table_columns(table)) + "\n"


def table_rows(table: str, rows: Iterable[Row]) -> str:
    """Rows as lines of the table's file.

    Raises:
        ValueError: a row has a column that the table has not.
    """
    buffer = StringIO()
    writer = csv.DictWriter(buffer, table_columns(table), restval="", lineterminator="\n")
    writer.writerows(rows)
    return buffer.getvalue()


def synced_at(day: date) -> datetime:
    """When the connector read the system on a day: late in the evening."""
    return end_of_day(day) - SYNCED_BEFORE_MIDNIGHT


class Mirror:
    """A small table of which whatever differs from the last delivery is delivered."""

    def __init__(self, table: str, key: Sequence[str]) -> None:
        self._table, self._key = table, key
        self._delivered: dict[tuple[object, ...], Row] = {}

    def take(self, rows: Iterable[Row], stamps: Row | None = None) -> str:
        """The changed ones of `rows`, the whole table; `stamps` are added and not compared."""
        changed = []
        for row in rows:
            key = tuple(row[name] for name in self._key)
            if self._delivered.get(key) != row:
                self._delivered[key] = row
                changed.append(row | (stamps or {}))
        return table_rows(self._table, changed)
