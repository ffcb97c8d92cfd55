"""Generate the demo company: simulate it division by division and write what its systems deliver.

The one entry of this package. The first extract day brings everything, every later one what
changed since (Salesforce: `<Object>.delta.csv`; NetSuite, Google Ads, LinkedIn Ads and Marketo: a
file for each table that changed); planning and the central bank deliver theirs whole each time.
Landing the files is left to the caller.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from pipelines.demo import finance_files
from pipelines.demo.advertising import Advertising
from pipelines.demo.connector import table_header
from pipelines.demo.division import Division, divisions
from pipelines.demo.finance import RegionQuotas
from pipelines.demo.hazards import sprinkle
from pipelines.demo.marketo import Programs
from pipelines.demo.netsuite import Chart
from pipelines.demo.rates import FIRST_RATE_ON, rate_lines
from pipelines.demo.rendering import (
    EXPORT_ENCODING,
    Export,
    export_header,
    extract_days,
)
from pipelines.demo.simulate import (
    CONNECTORS,
    FOUNDED_BEFORE,
    Headquarters,
    Part,
    Result,
    Span,
    build_shared,
    by_connector,
    leader_rows,
    run_division,
)
from pipelines.demo.truth import write_parameters, write_truth

FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2026, 6, 30)
SHORTEST_DAYS = 200

SALESFORCE_OBJECTS = {
    "Account": "account",
    "Campaign": "campaign",
    "CampaignMember": "campaign_member",
    "Contact": "contact",
    "Lead": "lead",
    "Opportunity": "opportunity",
    "OpportunityFieldHistory": "opportunity_field_history",
    "OpportunityHistory": "opportunity_history",
    "OpportunityLineItem": "opportunity_line_item",
    "OpportunitySplit": "opportunity_split",
    "OpportunitySplitType": "opportunity_split_type",
    "PricebookEntry": "pricebook_entry",
    "Product2": "product",
    "Task": "task",
    "User": "user",
    "UserRole": "user_role",
}
"""Exported object and the name its contract has for it."""

OnDivision = Callable[[int, int], None]
"""Told how many divisions are written, and of how many."""


@dataclass(frozen=True)
class DemoFile:
    """One delivered file and where it belongs."""

    source: str
    object: str
    day: date
    path: Path


@dataclass(frozen=True)
class DemoExtracts:
    """All deliveries, in order of their days."""

    days: list[date]
    files: list[DemoFile]
    arrival: list[date]
    """The days in the order in which they arrive; another one than theirs only with hazards."""


def generate(
    out: Path,
    *,
    seed: int = 7,
    scale: float = 1.0,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
    days: Sequence[date] | None = None,
    hazards: bool = False,
    workers: int | None = None,
    on_division: OnDivision | None = None,
) -> DemoExtracts:
    """Write `<out>/<day>/<file>` for every extract day, and `<out>/truth` (see `truth`).

    Equal arguments give equal bytes.

    Args:
        out: folder to write to; made if it is absent.
        seed: another number is another company of the same kind.
        scale: 1 is about 5,000 deals and 50 sellers in two years.
        first_day: first day of the CRM.
        last_day: last day that is simulated; the last extract.
        days: extract days; four over the last seven weeks unless given.
        hazards: spoil the files after the first day in ways that change nothing that is true.
        workers: processes that simulate; as many as there are cores unless given. The files do
            not depend on it.
        on_division: told of the progress.

    Raises:
        ValueError: the span is too short or too early, the scale not positive, or an extract
            day lies outside the span.
    """
    chosen = sorted(days) if days is not None else list(extract_days(last_day))
    _check(scale, first_day, last_day, chosen)
    span = Span(first_day, last_day)
    delivery = _Delivery(out, chosen)
    shared = build_shared(seed, span)
    for day, part in zip(chosen, _shared_parts(shared, span, chosen), strict=True):
        delivery.add(day, part)
    by_region: RegionQuotas = defaultdict(int)
    all_divisions = divisions(seed, scale)
    write_parameters(out / "truth", seed, scale, shared.campaigns)
    run = partial(run_division, span=span, days=chosen)
    for n_done, result in enumerate(_each(run, all_divisions, workers), start=1):
        for day, part in zip(chosen, result.parts, strict=True):
            delivery.add(day, part)
        for key, amount in result.by_region.items():
            by_region[key] += amount
        write_truth(out / "truth", n_done, result.truth)
        if on_division is not None:
            on_division(n_done, len(all_divisions))
    for day in chosen:
        delivery.add(day, {("finance", "quota"): leader_rows(shared, by_region, day)})
    arrival = sprinkle(out, seed, chosen) if hazards else chosen
    return DemoExtracts(chosen, [_as_written(file) for file in delivery.files], arrival)


def daily(n_days: int, last_day: date = LAST_DAY) -> list[date]:
    """That many successive extract days up to the last one."""
    return [last_day - timedelta(days=back) for back in reversed(range(n_days))]


def first_day_of(years: int, last_day: date = LAST_DAY) -> date:
    """The first day of a CRM that is so many years old on the evening of the last day."""
    return (last_day + timedelta(days=1)).replace(year=last_day.year - years)


def _as_written(file: DemoFile) -> DemoFile:
    """A file that hazards packed has another name."""
    if file.path.exists():
        return file
    return replace(file, path=file.path.with_name(f"{file.path.name}.gz"))


def _each(
    run: Callable[[Division], Result], all_divisions: list[Division], workers: int | None
) -> Iterator[Result]:
    """The divisions in order, some simulated ahead in other processes."""
    n_workers = min(workers or os.cpu_count() or 1, len(all_divisions))
    if n_workers == 1:
        yield from map(run, all_divisions)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers, mp_context=spawn) as pool:
        # A few at a time: what is finished waits in memory for its turn.
        for first in range(0, len(all_divisions), 2 * n_workers):
            yield from pool.map(run, all_divisions[first : first + 2 * n_workers])


class _Delivery:
    """The files of all extract days while they grow."""

    def __init__(self, out: Path, days: Sequence[date]) -> None:
        self._out, self._days = out, days
        self._paths: dict[tuple[date, str, str], Path] = {}
        self.files: list[DemoFile] = []
        for day in days:
            folder = out / day.isoformat()
            folder.mkdir(parents=True, exist_ok=True)
            for name in SALESFORCE_OBJECTS:
                file = f"{name}.csv" if day == days[0] else f"{name}.delta.csv"
                self._begin(day, "salesforce", name, folder / file, export_header(name))
            for name, file in finance_files.FILES.items():
                header = f"{finance_files.COLUMNS[name]}\n"
                self._begin(day, "finance", name, folder / file, header)
            self._begin(day, "ecb", "rate", folder / "eurofxref-hist.csv", "")

    def _begin(self, day: date, source: str, name: str, path: Path, header: str) -> None:
        path.write_bytes(header.encode(_encoding(source)))
        self._paths[day, source, name] = path
        contract_name = SALESFORCE_OBJECTS.get(name, name)
        self.files.append(DemoFile(source, contract_name, day, path))

    def add(self, day: date, part: Part) -> None:
        for (source, name), rows in part.items():
            if not rows:
                continue
            if source in CONNECTORS and (day, source, name) not in self._paths:
                table = f"{source}_{name}"
                path = self._out / day.isoformat() / f"{table}.csv"
                self._begin(day, source, name, path, table_header(table))
            with self._paths[day, source, name].open("ab") as file:
                file.write(rows.encode(_encoding(source)))


def _encoding(source: str) -> str:
    return EXPORT_ENCODING if source == "salesforce" else "utf-8"


def _shared_parts(shared: Headquarters, span: Span, days: Sequence[date]) -> Iterator[Part]:
    """What the headquarters delivers each day."""
    exports = {journal.object_name: Export(journal) for journal in shared.journals}
    systems = (
        Chart(shared.catalogue, shared.rates, span.founded_on),
        Advertising(shared.campaigns),
        Programs(shared.campaigns),
    )
    for day in days:
        part: Part = {("salesforce", name): each.take(day) for name, each in exports.items()}
        for system in systems:
            part |= by_connector(system.take(day))
        part["finance", "ramp_schedule"] = finance_files.ramp_rows()
        part["finance", "comp_tier"] = finance_files.tier_rows()
        part["ecb", "rate"] = "".join(f"{line}\n" for line in rate_lines(shared.rates, day))
        yield part


def _check(scale: float, first_day: date, last_day: date, days: Sequence[date]) -> None:
    if scale <= 0:
        raise ValueError(f"scale must be positive, not {scale}")
    if (last_day - first_day).days < SHORTEST_DAYS:
        raise ValueError(
            f"{first_day} to {last_day} is too short for a company: "
            f"take at least {SHORTEST_DAYS} days"
        )
    if first_day - FOUNDED_BEFORE < FIRST_RATE_ON:
        raise ValueError(
            f"first_day {first_day} is too early: exchange rates start on {FIRST_RATE_ON}, "
            f"take {FIRST_RATE_ON + FOUNDED_BEFORE} or later"
        )
    if not days:
        raise ValueError("there is no extract day; take at least one")
    outside = [day for day in days if not first_day <= day <= last_day]
    if outside:
        raise ValueError(
            f"{len(outside)} extract days lie outside {first_day} to {last_day}, such as "
            f"{outside[0]}"
        )
