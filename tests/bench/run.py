"""Time the pipeline's parts against bare DuckDB and print ratios.

Every part runs in a process of its own, which tells its time and its largest memory. Ratios inside
one run hold on a shared machine; seconds do not, and are shown only for orientation. Run by
`make bench`; the figures of a quiet machine stand in `docs/performance.md`.

A case is a demo company of some size and age, delivered whole on one day and as changes on the
next. `--marts` also builds every model, and then those of attainment alone, with dbt and as the
very same statements in bare DuckDB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.assets.headless import run_headless
from pipelines.demo import daily, first_day_of, generate
from pipelines.ingest import ensure_tables, land, load
from pipelines.ingest.reference import write_reference
from pipelines.ingest.sources import enabled_sources
from pipelines.settings import PROJECT_ROOT, load_company
from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import build
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
MEMORY_UNIT = 1024 * 1024
LARGEST_WHOLE_RUN = 5.0
"""Scale up to which the whole run is timed as well."""


@dataclass(frozen=True)
class Measured:
    """One part: seconds, and the largest resident memory of its process in GB."""

    seconds: float
    peak: float
    result: Any = None


@dataclass(frozen=True)
class Case:
    """The loads of one company."""

    scale: float
    years: int
    megabytes: float
    rows: int
    bare: Measured
    full: Measured
    idle: Measured
    day: Measured
    whole: Measured | None = None
    whole_again: Measured | None = None
    everything: Measured | None = None
    marts: Measured | None = None
    bare_marts: Measured | None = None

    @property
    def day_share(self) -> float:
        """A day's changes on top, beyond what a load with nothing new takes, of the full load."""
        return (self.day.seconds - self.idle.seconds) / self.full.seconds


def bare_read(company_file: Path, database: Path) -> None:
    """The same files into tables of a DuckDB file, types guessed, and nothing else."""
    company = load_company(company_file)
    with duckdb.connect(str(database)) as connection:
        for source in enabled_sources(company).values():
            files = sorted((company.paths.landing / source.name).rglob("*.csv"))
            for number, file in enumerate(files):
                format_ = source.format_of(file.parent.parent.name)
                encoding = "utf-8" if format_.encoding == "utf-8" else "latin-1"
                connection.execute(
                    f"create table {source.name}_{number} as "
                    "select * from read_csv(?, header = true, encoding = ?)",
                    [str(file), encoding],
                )


def load_all(company_file: Path, database: Path) -> int:
    """Everything that has landed into the raw log; the rows that were read."""
    company = load_company(company_file)
    with duckdb.connect(str(database)) as connection:
        results = [batch for name in company.sources for batch in load(connection, company, name)]
    assert all(batch.status != "failed" for batch in results)
    return sum(batch.n_read for batch in results)


def whole_run(company_file: Path) -> None:
    outcome = run_headless(load_company(company_file))
    assert outcome.succeeded, outcome.failures


ATTAINMENT = (
    "core_booking_event", "core_opportunity_owner", "core_booking_rate_day",
    "core_currency_day_version", "core_booking_rate", "core_rated_booking_event",
    "core_booking_value", "core_credit_share", "core_org_closure", "core_seat",
    "core_quota_version", "core_quota", "core_quota_in_force", "core_attainment_leaf",
    "core_account_segment",
)  # fmt: skip
"""What is built for the attainment marts, which are beside these, and for nothing else."""


def _attainment(project: DbtProject) -> list[str]:
    marts = [
        node["name"]
        for node in project.manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1:3] == ["marts", "attainment"]
    ]
    return [*ATTAINMENT, *marts]


def all_models(company_file: Path) -> int:
    """Every model, without the tests, all anew; how many."""
    company = load_company(company_file)
    with duckdb.connect(str(company.warehouse_file)) as connection:
        ensure_tables(connection, company)
        write_reference(connection, company)
    outcome, _ = build(DbtProject(company), tests=False)
    assert outcome.success, [run.message for run in outcome.result if run.status == "error"]
    return len(outcome.result)


def attainment_models(company_file: Path) -> int:
    """Those of attainment alone."""
    project = DbtProject(load_company(company_file))
    outcome = project.build(*_attainment(project), full_refresh=True, tests=False)
    assert outcome.success, [run.message for run in outcome.result if run.status == "error"]
    return len(outcome.result)


def bare_models(company_file: Path) -> int:
    """The statements dbt compiled for attainment, run by DuckDB alone into another schema."""
    project = DbtProject(load_company(company_file))
    steps = project.plan(*_attainment(project), full_refresh=True, tests=False).steps
    with duckdb.connect(str(project.company.warehouse_file)) as connection:
        connection.execute("create schema bare")
        for node in steps:
            connection.execute(f"create table bare.{node.name} as {node.compiled_code}")
        connection.execute("drop schema bare cascade")
    return len(steps)


def apart(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Do the work in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(_measure, work, arguments).result()


def _measure(work: Callable[..., Any], arguments: Sequence[Any]) -> Measured:
    began = time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEMORY_UNIT
    return Measured(seconds, peak, result)


def measure(
    folder: Path, extracts: Path, scale: float, years: int, *, with_marts: bool = False
) -> Case:
    company = load_company(Deployment.of(DEMO, folder).file)
    first, second = daily(2)
    if not extracts.is_dir():
        generate(extracts, scale=scale, first_day=first_day_of(years), days=[first, second])

    def deliver(day: date) -> None:
        land(company, day, [extracts / day.isoformat()])

    deliver(first)
    files = list((extracts / first.isoformat()).iterdir())
    company.paths.warehouse.mkdir(parents=True)
    database = company.warehouse_file
    bare = apart(bare_read, company.file, folder / "bare.duckdb")
    (folder / "bare.duckdb").unlink()
    full = apart(load_all, company.file, database)
    idle = apart(load_all, company.file, database)
    deliver(second)
    day = apart(load_all, company.file, database)
    whole = again = None
    if scale <= LARGEST_WHOLE_RUN:
        database.unlink()
        whole, again = (apart(whole_run, company.file) for _ in range(2))
    everything = marts = bare_marts = None
    if with_marts:
        everything = apart(all_models, company.file)
        marts = apart(attainment_models, company.file)
        bare_marts = apart(bare_models, company.file)
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    return Case(
        scale, years, megabytes, full.result, bare, full, idle, day, whole, again,
        everything, marts, bare_marts,
    )  # fmt: skip


def shown(cases: Sequence[Case]) -> Table:
    """One line per case."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in (
        *("scale", "years", "MB", "rows", "bare s", "load s", "load/bare", "day s"),
        *("day/load", "GB bare", "GB load"),
    ):
        table.add_column(column, justify="right")
    for case in cases:
        table.add_row(
            f"{case.scale:g}",
            str(case.years),
            f"{case.megabytes:,.0f}",
            f"{case.rows:,}",
            f"{case.bare.seconds:.1f}",
            f"{case.full.seconds:.1f}",
            f"{case.full.seconds / case.bare.seconds:.2f}",
            f"{case.day.seconds - case.idle.seconds:.2f}",
            f"{case.day_share:.1%}",
            f"{case.bare.peak:.1f}",
            f"{max(case.full.peak, case.day.peak):.1f}",
        )
    return table


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scale", type=float, nargs="+", default=[1.0])
    arguments.add_argument("--years", type=int, nargs="+", default=[1, 2, 3])
    arguments.add_argument(
        "--extracts", type=Path, help="keep the extracts here and use them again"
    )
    arguments.add_argument("--marts", action="store_true", help="build and time the models too")
    chosen = arguments.parse_args()
    console = Console(width=100)
    cases = []
    wanted = [(chosen.scale[0], years) for years in chosen.years]
    wanted += [(scale, 2) for scale in chosen.scale if (scale, 2) not in wanted]
    for scale, years in wanted:
        with tempfile.TemporaryDirectory(prefix="salesops-bench-") as name:
            folder = Path(name)
            extracts = (chosen.extracts or folder) / f"extracts-{scale:g}-{years}"
            with console.status(f"scale {scale:g}, {years} years of history"):
                cases.append(measure(folder, extracts, scale, years, with_marts=chosen.marts))
            shutil.rmtree(folder / "landing")
    console.print(shown(cases))
    for case in cases:
        if case.everything and case.marts and case.bare_marts:
            console.print(
                f"models at scale {case.scale:g}, {case.years} years: all "
                f"{case.everything.result} in {case.everything.seconds:.0f} s, peak "
                f"{case.everything.peak:.1f} GB; attainment's {case.marts.result} in "
                f"{case.marts.seconds:.1f} s, bare DuckDB {case.bare_marts.seconds:.1f} s: "
                f"{case.marts.seconds / case.bare_marts.seconds:.2f}"
            )
        if case.whole and case.whole_again:
            console.print(
                f"whole run at scale {case.scale:g}, {case.years} years: first "
                f"{case.whole.seconds:.1f} s, nothing new {case.whole_again.seconds:.1f} s, "
                f"peak {case.whole.peak:.1f} GB"
            )


if __name__ == "__main__":
    main()
