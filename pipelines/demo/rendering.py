"""Write the company's state as the files its systems would deliver on a day.

Salesforce: the weekly data export. Marketing: UTF-8 CSV. Central bank: its own wide file. What
stands in the files is decided elsewhere, and finance's are written in `finance_files`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from pipelines.demo.campaigns import Spend
from pipelines.demo.clock import end_of_day
from pipelines.demo.columns import columns, empty_values
from pipelines.demo.journal import Fields, Replay

EXPORT_ENCODING = "iso-8859-1"
"""Also readable as cp1252: only characters that both share are used."""
SPEND_COLUMNS = "campaign_id,spend_on,channel,impressions,clicks,spend_amount,currency"


class ExportWriter:
    """One object of the weekly export; a record is put into text again only when it changed."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._lines: dict[str, str] = {}
        self._places = {name: place for place, name in enumerate(columns(replay.object_name))}
        self._empty = empty_values(replay.object_name)

    @property
    def file_name(self) -> str:
        return f"{self._replay.object_name}.csv"

    def write(self, folder: Path, day: date) -> Path:
        """The state at the end of the day, in order of the records' creation."""
        records = self._replay.records
        for record_id in self._replay.advance(end_of_day(day)):
            if record_id in records:
                self._lines[record_id] = self._line(records[record_id])
            else:
                self._lines.pop(record_id, None)
        header = '"' + '","'.join(self._places) + '"\n'
        path = folder / self.file_name
        text = header + "".join(self._lines.values())
        path.write_bytes(text.encode(EXPORT_ENCODING))
        return path

    def _line(self, record: Fields) -> str:
        row = list(self._empty)
        for name, value in record.items():
            if value != "":
                row[self._places[name]] = TEXT_OF[type(value)](value)
        return '"' + '","'.join(row) + '"\n'


def _quoted(value: str) -> str:
    return value.replace('"', '""') if '"' in value else value


# By type and not by a chain of questions: a company has a million values.
TEXT_OF: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    bool: lambda value: "1" if value else "0",
    int: str,
    float: str,
    datetime: lambda value: value.isoformat(" "),
    date: lambda value: f"{value.isoformat()} 00:00:00",
}


def write_spend(folder: Path, after: date | None, day: date, spend: Iterable[Spend]) -> Path:
    """The days since the last delivery: an incremental file, the first one holding the past."""
    since = after or date.min
    rows = (
        (
            row.campaign_id,
            row.spend_on,
            row.channel,
            row.impressions,
            row.clicks,
            row.spend_amount,
            row.currency,
        )
        for row in spend
        if since < row.spend_on <= day
    )
    return write_csv(folder / "ad_spend.csv", SPEND_COLUMNS, rows)


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def write_csv(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> Path:
    buffer = StringIO()
    buffer.write(header + "\n")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    path.write_bytes(buffer.getvalue().encode())
    return path


def extract_days(last_day: date) -> tuple[date, ...]:
    """A first delivery, two more at shorter distance, and the last day's own."""
    first = last_day - timedelta(days=51)
    return (*(first + timedelta(weeks=week) for week in (0, 3, 6)), last_day)
