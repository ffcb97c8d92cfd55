"""The company's state as the text its systems would deliver on a day.

Salesforce: the data export, whole or as changes. What stands in the files is decided elsewhere;
finance's plans are worded in `finance_files`, the tables of connectors in `connector`, and
`generate` puts all into files.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

from pipelines.demo.clock import end_of_day
from pipelines.demo.columns import columns, empty_values
from pipelines.demo.journal import Fields, Journal, Replay

EXPORT_ENCODING = "iso-8859-1"
"""Also readable as cp1252: only characters that both share are used."""


class Export:
    """One object of the CRM's data export: all of it once, then what changed from day to day."""

    def __init__(self, journal: Journal) -> None:
        self._replay = Replay(journal)
        self._taken_until: datetime | None = None
        self._places = {name: place for place, name in enumerate(columns(journal.object_name))}
        self._empty = empty_values(journal.object_name)

    @property
    def records(self) -> Mapping[str, Fields]:
        """The state at the end of the day that was taken last."""
        return self._replay.records

    def take(self, day: date) -> str:
        """The records that changed since the day taken before, as they are at the end of `day`.

        One that went into the recycle bin and out of it since then comes as deleted, if it was
        delivered before.
        """
        records = self._replay.records
        touched = self._replay.advance(end_of_day(day))
        purged = self._replay.purged
        known = {name: fields for name, fields in purged.items() if self._was_delivered(fields)}
        self._taken_until = end_of_day(day)
        found = (records.get(name) or known.get(name) for name in touched)
        return "".join([self._line(fields) for fields in found if fields is not None])

    def _was_delivered(self, fields: Fields) -> bool:
        created_at, until = fields["CreatedDate"], self._taken_until
        return until is not None and isinstance(created_at, datetime) and created_at < until

    def _line(self, record: Mapping[str, Any]) -> str:
        row = list(self._empty)
        places = self._places
        stamp, stamp_text = datetime.min, ""
        for name, value in record.items():
            kind = type(value)
            if kind is str:
                if value:
                    row[places[name]] = _quoted(value) if '"' in value else value
            elif value is stamp:
                row[places[name]] = stamp_text
            elif kind is datetime:
                # Most times on a record are that of its last edit.
                stamp, stamp_text = value, value.isoformat(" ")
                row[places[name]] = stamp_text
            else:
                row[places[name]] = TEXT_OF[kind](value)
        return '"' + '","'.join(row) + '"\n'


def export_header(object_name: str) -> str:
    return '"' + '","'.join(columns(object_name)) + '"\n'


def _quoted(value: str) -> str:
    return value.replace('"', '""')


TEXT_OF: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "1" if value else "0",
    int: str,
    float: str,
    date: lambda value: f"{value.isoformat()} 00:00:00",
}


def csv_text(rows: Iterable[tuple[object, ...]]) -> str:
    buffer = StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def extract_days(last_day: date) -> tuple[date, ...]:
    """A first delivery, two more at shorter distance, and the last day's own."""
    first = last_day - timedelta(days=51)
    return (*(first + timedelta(weeks=week) for week in (0, 3, 6)), last_day)
