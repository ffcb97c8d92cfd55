"""Extract days on which an object should have come and did not.

The company file says how often a source delivers (`every`); an object is expected from its first
delivery to the day before yesterday, whose extract has had a whole day to come, or to the newest
day that anything of the company has landed for. A missed day is shown, never made up: when its
files come they are loaded in their place among the days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, pairwise

import duckdb

from pipelines.clock import today
from pipelines.ingest.layout import deliveries, landed_days
from pipelines.ingest.sources import enabled_source
from pipelines.settings import Company, Rhythm

SHOWN = 1000
"""Days listed of one object; one that stopped coming years ago is clear by then."""


@dataclass(frozen=True)
class MissedDay:
    """One object without the delivery of one day."""

    source: str
    object: str
    day: date


def missed_days(company: Company, source: str) -> list[MissedDay]:
    """All missed days of a source, by object and day; none where the company file names no rhythm.

    Raises:
        NothingLanded: there is no delivery of the source at all.
    """
    every = company.sources[source].every
    if every is None:
        return []
    newest = max(landed_days(company)[-1], today(company) - timedelta(days=2))
    found = deliveries(company, enabled_source(company, source))
    return [
        MissedDay(source, name, day)
        for name, delivered in found.items()
        for day in islice(_gaps([each.day for each in delivered], newest, every), SHOWN)
    ]


def write_missed_days(
    connection: duckdb.DuckDBPyConnection, source: str, missed: list[MissedDay]
) -> None:
    """Replace what `control.missed_days` says of a source."""
    connection.execute(
        "create table if not exists control.missed_days "
        "(source VARCHAR, object VARCHAR, extract_on DATE)"
    )
    connection.execute("delete from control.missed_days where source = ?", [source])
    if missed:
        connection.executemany(
            "insert into control.missed_days values (?, ?, ?)",
            [[each.source, each.object, each.day] for each in missed],
        )


def _gaps(days: list[date], newest: date, every: Rhythm) -> Iterator[date]:
    """The days between deliveries, and after the last one, on which there should be another."""
    step = timedelta(days=7 if every == "week" else 1)
    for day, following in pairwise([*days, newest + timedelta(days=1)]):
        expected = day + step
        while expected < following:
            if every != "weekday" or expected.isoweekday() <= 5:
                yield expected
            expected += step
