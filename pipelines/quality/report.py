"""Write the report of a build: one HTML file that needs nothing but itself.

Shows what it is handed; numbers are computed and checks are run elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.quality.charts import Series, draw
from pipelines.quality.verdict import Verdict

_TEMPLATE = "report.html.j2"
SHOWN_RESTATEMENTS = 40
"""Rows of the page; all of them are in `meta.fct_restatement`."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A published table and how many rows it has."""

    name: str
    n_rows: int
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch of extract files and what became of its rows."""

    source: str
    object: str
    extract_on: date
    n_read: int
    n_accepted: int
    n_rejected: int


@dataclass(frozen=True, slots=True)
class RejectRow:
    """Rejected rows of one kind."""

    source: str
    object: str
    rule: str
    n_rows: int
    column: str | None = None
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """A number of the release, beside what it was in the one before."""

    label: str
    value: Any
    note: str
    previous: Any = None
    is_fraction: bool = False

    @property
    def shown(self) -> str:
        return self._text(self.value)

    @property
    def change(self) -> str:
        """By how much it moved; empty where there is nothing to compare."""
        if not _is_number(self.value) or not _is_number(self.previous):
            return ""
        moved = self.value - self.previous
        if not moved:
            return "unchanged"
        if self.is_fraction:
            return f"{float(moved) * 100:+.1f} points"
        share = f" ({float(moved) / abs(float(self.previous)):+.1%})" if self.previous else ""
        return f"{'+' if moved > 0 else '-'}{as_number(abs(moved))}{share}"

    def _text(self, value: Any) -> str:
        if self.is_fraction and _is_number(value):
            return f"{value:.1%}"
        return as_number(value)


@dataclass(frozen=True, slots=True)
class RestatementRow:
    """A total of a closed period that is not what the release before said."""

    metric: str
    scope: str
    period: str
    cause: str
    old_value: Any
    new_value: Any
    delta: Any
    n_deals: int
    deals: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class OpenStateRow:
    """How much changed of one kind of open records since the release before."""

    watch: str
    n_records: int
    changed: Sequence[tuple[str, float]]
    """Measure and share, of those that changed at all."""
    unusual: Sequence[str]
    """Measures of which more changed than is usual."""


@dataclass(frozen=True, slots=True)
class FreshnessRow:
    """How recent a source is."""

    source: str
    newest_on: date
    days_behind: int
    n_missed: int = 0


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything the report shows."""

    company: str
    release_id: str
    build_id: str
    created_at: datetime
    as_of_on: date
    currency: str
    verdict: Verdict
    numbers: Sequence[Headline] = ()
    series: Sequence[Series] = ()
    before: str | None = None
    """Release the changes are measured from."""
    restatements: Sequence[RestatementRow] = ()
    open_state: Sequence[OpenStateRow] = ()
    accepted: Sequence[str] = ()
    """Changes the company accepted, in words."""
    today: str = ""
    """The day that is taken for today, in words."""
    freshness: Sequence[FreshnessRow] = ()
    absent: Sequence[str] = ()
    """Entities that no source delivers."""
    tables: Sequence[TableRow] = ()
    batches: Sequence[BatchRow] = ()
    rejects: Sequence[RejectRow] = ()
    code_commit: str | None = None


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """All batches of one source object."""

    source: str
    object: str
    first_on: date
    last_on: date
    n_batches: int
    n_read: int
    n_accepted: int
    n_rejected: int


def write_report(path: Path, data: ReportData) -> None:
    """Write the report."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = as_number
    page = environment.get_template(_TEMPLATE).render(
        data=data,
        verdict=data.verdict,
        loads=summarise(data.batches),
        most_rows=max((table.n_rows for table in data.tables), default=0),
        charts=[(series, Markup(draw(series))) for series in data.series if series.points],
        shown_restatements=SHOWN_RESTATEMENTS,
    )
    path.write_text(page, encoding="utf-8")


def summarise(batches: Sequence[BatchRow]) -> list[LoadSummary]:
    """One line per source object: a company of three years has thousands of batches."""
    groups: dict[tuple[str, str], list[BatchRow]] = {}
    for batch in batches:
        groups.setdefault((batch.source, batch.object), []).append(batch)
    return [
        LoadSummary(
            source=source,
            object=name,
            first_on=min(batch.extract_on for batch in group),
            last_on=max(batch.extract_on for batch in group),
            n_batches=len(group),
            n_read=sum(batch.n_read for batch in group),
            n_accepted=sum(batch.n_accepted for batch in group),
            n_rejected=sum(batch.n_rejected for batch in group),
        )
        for (source, name), group in sorted(groups.items())
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def as_number(value: Any) -> str:
    """A number as people read it: 1,234,567 or 0.4312; whatever else it is, its text."""
    if value is None:
        return "n/a"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.4f}".rstrip("0").rstrip(".")
