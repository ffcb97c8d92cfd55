"""Time the pipeline's parts against bare DuckDB in one process and print ratios.

Ratios inside one run hold on a shared machine; seconds do not, and are shown only for orientation.
Run by `make bench`; the figures of a quiet machine stand in `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.assets.headless import run_headless
from pipelines.demo import generate
from pipelines.ingest import land, load
from pipelines.settings import PROJECT_ROOT, Company, load_company
from tests.deployment import Deployment


@dataclass(frozen=True)
class Measure:
    """One timed part."""

    name: str
    seconds: float
    base: str
    """Name of the part it is compared with; its own name where it is the base."""


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bare_read(landing: Path) -> None:
    """The same files into DuckDB tables, all text, and nothing else."""
    with duckdb.connect() as connection:
        for number, file in enumerate(sorted(landing.rglob("*.csv"))):
            connection.execute(
                f"create table t{number} as select * from read_csv(?, all_varchar = true, "
                "header = true, encoding = 'latin-1', null_padding = true)",
                [str(file)],
            )


def load_all(company: Company, database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        for source in company.sources:
            load(connection, company, source)


def measure(folder: Path, scale: float) -> list[Measure]:
    deployment = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", folder)
    company = load_company(deployment.file)
    extracts = generate(folder / "extracts", scale=scale)
    *earlier, last = extracts.days
    for day in earlier:
        land(company, day, [folder / "extracts" / day.isoformat()])
    before = folder / "earlier.duckdb"
    load_all(company, before)
    land(company, last, [folder / "extracts" / last.isoformat()])

    read = timed(lambda: bare_read(company.paths.landing))
    full = timed(lambda: load_all(company, folder / "full.duckdb"))
    one_day = timed(lambda: load_all(company, before))
    nothing = timed(lambda: load_all(company, before))
    first = timed(lambda: run_headless(company))
    again = timed(lambda: run_headless(company))
    return [
        Measure("bare DuckDB reads the files", read, "bare DuckDB reads the files"),
        Measure("load of all extract days", full, "bare DuckDB reads the files"),
        Measure("load of the last day on top", one_day, "load of all extract days"),
        Measure("load with nothing new", nothing, "load of all extract days"),
        Measure("whole run, first", first, "bare DuckDB reads the files"),
        Measure("whole run, nothing new", again, "whole run, first"),
    ]


def shown(measures: list[Measure]) -> Table:
    seconds = {one.name: one.seconds for one in measures}
    table = Table(box=None, header_style="bold")
    for column, side in (
        ("part", "left"),
        ("seconds", "right"),
        ("ratio", "right"),
        ("to", "left"),
    ):
        table.add_column(column, justify="right" if side == "right" else "left")
    for one in measures:
        ratio = "" if one.base == one.name else f"{one.seconds / seconds[one.base]:.2f}"
        table.add_row(one.name, f"{one.seconds:.2f}", ratio, "" if not ratio else one.base)
    return table


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scale", type=float, default=1.0)
    scale = arguments.parse_args().scale
    folder = Path(tempfile.mkdtemp(prefix="salesops-bench-"))
    console = Console(width=80)
    try:
        console.print(shown(measure(folder, scale)))
    finally:
        shutil.rmtree(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    console.print(f"scale {scale:g}, peak memory {peak:.1f} GB")


if __name__ == "__main__":
    main()
