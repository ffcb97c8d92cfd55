"""Run every seeded defect through the pipeline's steps and see which checks stop it.

    base: a demo company whose first day is published and whose second day lies ready
    extract defects: the second day's files are spoilt, landed, loaded, built and checked
    raw defects: both days are loaded, the raw log is spoilt, everything is built and checked
    model defects: both days are built, a table is spoilt, everything is checked

The steps are those of the main job, in its order, and the verdict is the job's own; a step that the
job would not reach any more is taken nevertheless, to see what else would have caught the defect.
Nothing is published. `make mutation` prints the matrix and the rates that `docs/quality.md` quotes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import duckdb
import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.assets import build_pipeline
from pipelines.assets.gate import mart_suites, raw_suites
from pipelines.assets.headless import run_headless
from pipelines.assets.raw import load_results
from pipelines.assets.reconcile import FOLDER, WATCHES, compare
from pipelines.assets.transform import Transform, build_transform
from pipelines.clock import today
from pipelines.demo import LAST_DAY, generate
from pipelines.ingest import IngestError, LandingError, ensure_tables, land, load
from pipelines.ingest.reference import write_reference
from pipelines.quality import ExpectedCheck, Verdict, decide, run_suites
from pipelines.quality.dbt_tests import results_from_run
from pipelines.quality.reconciliation import load_reconciliations, reconcile
from pipelines.quality.results import CheckResult
from pipelines.quality.watch import Days, watched
from pipelines.quality.watches import load_watches
from pipelines.settings import PROJECT_ROOT, Company, load_company
from pipelines.transform.builder import Outcome as Built
from pipelines.transform.dbt_project import DbtProject, entity_sources
from pipelines.transform.increment import build
from tests.deployment import Deployment
from tests.mutation.defects import DEFECTS, NOT_YET, Defect

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
FIRST, SECOND = LAST_DAY - timedelta(days=16), LAST_DAY
SCALE = 0.15
BUILD_ID = "mutation"
BUILDS_PER_PROCESS = 16
"""A job of the product builds once. After some ninety builds in one process, DuckDB has been seen
to end with an internal error that none of them gives alone."""
CLEAN = Defect("clean", "extract", lambda _: None)


@dataclass(frozen=True)
class Outcome:
    """What became of one defect, or of a clean company."""

    name: str
    stage: str
    origin: str
    stopped_by: tuple[str, ...]
    """Blocking checks that failed, by name; or what refused it before any check."""
    warned_by: tuple[str, ...]
    nameless: tuple[str, ...]
    """Errors: the build is refused, but no check says why."""

    @property
    def is_stopped(self) -> bool:
        """By a check that has a name; an error alone does not count."""
        return bool(self.stopped_by)


@dataclass(frozen=True)
class Bench:
    """A company in a folder of its own, which can be put back to either of two states."""

    folder: Path
    company: Company

    @classmethod
    def prepare(cls, folder: Path, seed: int = 7, scale: float = SCALE) -> Bench:
        """Publish the first day, keep that state, publish the second, keep that as well."""
        folder.mkdir(parents=True, exist_ok=True)
        company = _watchful(folder).company
        generate(folder / "x", seed=seed, scale=scale, days=[FIRST, SECOND], workers=1)
        (folder / "x" / str(FIRST)).rename(folder / "x" / "first")
        bench = cls(folder, company)
        land(company, FIRST, [folder / "x" / "first"])
        bench.publish()
        bench.keep("one")
        land(company, SECOND, [folder / "x" / str(SECOND)])
        bench.publish()
        bench.keep("two")
        return bench

    def publish(self) -> None:
        outcome = run_headless(self.company)
        assert outcome.succeeded, outcome.verdict.reasons if outcome.verdict else outcome.failures

    @property
    def _parts(self) -> tuple[str, ...]:
        return ("landing", "wh", "published", "x")

    def keep(self, state: str) -> None:
        for part in self._parts:
            shutil.copytree(self.folder / part, self.folder / state / part, symlinks=True)

    def put_back(self, state: str) -> None:
        for part in self._parts:
            shutil.rmtree(self.folder / part, ignore_errors=True)
            shutil.copytree(self.folder / state / part, self.folder / part, symlinks=True)

    def try_defect(self, defect: Defect) -> Outcome:
        """Spoil what the defect spoils and take every later step."""
        if defect.stage == "extract":
            self.put_back("one")
            files = self.folder / "x" / str(SECOND)
            before = _content(files)
            defect.spoil(files)
            assert defect is CLEAN or _content(files) != before, f"'{defect.name}' changes nothing"
            try:
                land(self.company, SECOND, [files])
            except LandingError as error:
                return self._outcome(defect, None, refused=f"landing: {error}"[:60])
            results = [*self.load(), *self.build_and_check()]
            return self._outcome(defect, self.judge(results))
        self.put_back("two")
        with duckdb.connect(str(self.company.warehouse_file)) as connection:
            connection.execute("begin")
            defect.spoil(connection)
            if defect.stage == "raw":
                # Nothing new has come, so only what is forgotten is built again.
                connection.execute("update increment.last_build set fingerprint = null")
            connection.execute("commit")
        results = self.build_and_check() if defect.stage == "raw" else self.check()
        return self._outcome(defect, self.judge(results, loads=False))

    def try_clean(self) -> Outcome:
        """The second day as it is, on top of the first."""
        return self.try_defect(CLEAN)

    def load(self) -> list[CheckResult]:
        results: list[CheckResult] = []
        with duckdb.connect(str(self.company.warehouse_file)) as connection:
            for source in self.company.sources:
                try:
                    batches = load(connection, self.company, source)
                except IngestError as error:
                    results.append(_refused(source, str(error)))
                    continue
                results += load_results(connection, self.company, source, batches)
        return results

    def build_and_check(self) -> list[CheckResult]:
        project = DbtProject(self.company)
        file = self.company.warehouse_file
        results = run_suites(file, raw_suites(self.company))
        outcome, _ = build(project)
        return [*results, *self._dbt_results(outcome), *self._check_marts()]

    def check(self) -> list[CheckResult]:
        """Every check there is, on the tables as they stand."""
        project = DbtProject(self.company)
        results = run_suites(self.company.warehouse_file, raw_suites(self.company))
        outcome = project.build(models=False)
        return [*results, *self._dbt_results(outcome), *self._check_marts()]

    def _dbt_results(self, outcome: Built) -> list[CheckResult]:
        with duckdb.connect(str(self.company.warehouse_file)) as connection:
            return results_from_run(outcome.result, connection)

    def _check_marts(self) -> list[CheckResult]:
        transform = _transform(self.company.file)
        suites = mart_suites(self.company, transform.public_tables)
        results = run_suites(self.company.warehouse_file, suites)
        sources = entity_sources(self.company)
        with duckdb.connect(str(self.company.warehouse_file)) as connection:
            results += reconcile(
                connection,
                load_reconciliations(FOLDER, sources),
                sources,
                enabled=self.company.sources,
                today=today(self.company),
            )
            results += compare(
                connection, self.company, BUILD_ID, transform.public_tables, transform.grains
            )
        return results

    def judge(self, results: Sequence[CheckResult], *, loads: bool = True) -> Verdict:
        return decide([each for each in self._expected() if loads or not _is_load(each)], results)

    def _expected(self) -> tuple[ExpectedCheck, ...]:
        return _expected_checks(self.company.file)

    @staticmethod
    def crashed(defect: Defect, error: Exception) -> Outcome:
        """Nothing is published, but nobody is told what is wrong with the data either."""
        said = f"{type(error).__name__}: {error}".replace("\n", " ")
        return Outcome(defect.name, defect.stage, defect.origin, (), (), (said,))

    @staticmethod
    def _outcome(defect: Defect, verdict: Verdict | None, refused: str = "") -> Outcome:
        if verdict is None:
            return Outcome(defect.name, defect.stage, defect.origin, (refused,), (), ())
        return Outcome(
            defect.name,
            defect.stage,
            defect.origin,
            tuple(sorted(each.check_id for each in verdict.failed if each.status == "fail")),
            tuple(sorted(each.check_id for each in verdict.warned)),
            tuple(
                sorted(
                    {
                        *(each.check_id for each in verdict.failed if each.status == "error"),
                        *(each.check_id for each in verdict.not_run),
                    }
                )
            ),
        )


def _watchful(folder: Path) -> Deployment:
    """The demo company, which refuses what is unusual where it only warns."""
    document = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    policies = document["policies"] | {"open_state_block_pct": 0.0}
    return Deployment.of(DEMO, folder, policies=policies)


@cache
def _transform(company_file: Path) -> Transform:
    return build_transform(load_company(company_file))


@cache
def _expected_checks(company_file: Path) -> tuple[ExpectedCheck, ...]:
    return build_pipeline(load_company(company_file)).expected


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _is_load(check: ExpectedCheck) -> bool:
    return check.check_id.startswith(("load.", "delivered.", "fresh.", "rejects."))


def _refused(source: str, message: str) -> CheckResult:
    return CheckResult(
        check_id=f"load.{source}",
        kind="load",
        asset=f"raw.{source}",
        severity="block",
        owner="",
        why="",
        next_step="",
        status="fail",
        example=message,
    )


def _try_some(folder: Path, names: Sequence[str]) -> Iterator[Outcome]:
    bench = Bench(folder, load_company(folder / "company.yml"))
    by_name = {each.name: each for each in DEFECTS}
    for name in names:
        try:
            outcome = bench.try_defect(by_name[name])
        except Exception as error:  # the matrix is to say which defect does it
            traceback.print_exc()
            outcome = bench.crashed(by_name[name], error)
        seen = outcome.stopped_by or (outcome.warned_by if by_name[name].warns else ())
        print(f"{name}: {', '.join(seen[:2]) or 'MISSED'}", file=sys.stderr)
        yield outcome


def _work(folder: Path, names: Sequence[str]) -> list[Outcome]:
    # dbt and DuckDB draw progress bars on terminals.
    with Path(os.devnull).open("w") as nothing:
        sys.stdout = nothing
        try:
            return list(_try_some(folder, names))
        finally:
            sys.stdout = sys.__stdout__


def _try_seed(folder: Path, seed: int) -> Outcome:
    bench = Bench.prepare(folder, seed, scale=0.1)
    outcome = bench.try_clean()
    shutil.rmtree(folder)
    return outcome


def run_matrix(folder: Path, defects: Sequence[Defect], workers: int = 2) -> list[Outcome]:
    """Every defect, in the order of the library."""
    Bench.prepare(folder / "0")
    for worker in range(1, workers):
        _clone(folder / "0", folder / str(worker))
    context = multiprocessing.get_context("spawn")
    found: dict[str, Outcome] = {}
    with ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=1) as pool:
        step = workers * BUILDS_PER_PROCESS
        for few in (defects[first : first + step] for first in range(0, len(defects), step)):
            shares = [[each.name for each in few[worker::workers]] for worker in range(workers)]
            jobs = [pool.submit(_work, folder / str(n), names) for n, names in enumerate(shares)]
            for job in as_completed(jobs):
                found |= {outcome.name: outcome for outcome in job.result()}
    return [found[each.name] for each in defects]


def _clone(original: Path, folder: Path) -> None:
    shutil.copytree(original, folder, symlinks=True)


def run_seeds(folder: Path, seeds: Sequence[int], workers: int = 2) -> dict[int, Outcome]:
    """Clean companies: whatever stops one of them is a false alarm."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = {seed: pool.submit(_try_seed, folder / f"seed-{seed}", seed) for seed in seeds}
        return {seed: job.result() for seed, job in jobs.items()}


def _try_days(folder: Path, seed: int, days: Sequence[date], scale: float) -> list[str]:
    folder.mkdir(parents=True)
    company = Deployment.of(DEMO, folder).company
    company.paths.warehouse.mkdir()
    generate(folder / "x", seed=seed, scale=scale, days=list(days), workers=1)
    file, before = company.warehouse_file, folder / "before.duckdb"
    project = DbtProject(company)
    watches = load_watches(WATCHES, _public_tables(project))
    alarms = []
    for yesterday, day in pairwise([None, *days]):
        land(company, day, [folder / "x" / str(day)])
        with duckdb.connect(str(file)) as connection:
            ensure_tables(connection, company)
            write_reference(connection, company)
            for source in company.sources:
                list(load(connection, company, source))
        build(project)
        if yesterday is not None:
            with duckdb.connect(str(file)) as connection:
                connection.execute(f"attach '{before}' as released (read_only)")
                span = Days(released=yesterday, built=day)
                found = watched(connection, watches, "released", file.stem, span)
            alarms += [
                f"{day} {each.watch}.{each.measure} {each.changed_pct:.1%} of {each.n_records}, "
                f"limit {each.limit_pct:.1%}: {each.example}"
                for each in found
                if each.is_unusual
            ]
        shutil.copy(file, before)
    shutil.rmtree(folder)
    return alarms


def _public_tables(project: DbtProject) -> set[str]:
    return {
        f"{node['schema']}.{node['name']}"
        for node in project.manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }


def run_days(
    folder: Path, seeds: Sequence[int], n_days: int, scale: float = 0.1, workers: int = 2
) -> dict[int, list[str]]:
    """Clean companies day after day: what the watches call unusual there is a false alarm."""
    days = [LAST_DAY - timedelta(days=n) for n in reversed(range(n_days + 1))]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = {
            seed: pool.submit(_try_days, folder / f"days-{seed}", seed, days, scale)
            for seed in seeds
        }
        return {seed: job.result() for seed, job in jobs.items()}


def shown(outcomes: Sequence[Outcome]) -> Table:
    """One line per defect: what it is and which blocking checks stop it."""
    table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
    for column in ("defect", "spoils", "seen in", "stopped by"):
        table.add_column(column, overflow="fold", ratio=4 if column == "stopped by" else 3)
    for outcome in outcomes:
        stopped = ", ".join(outcome.stopped_by[:4])
        more = len(outcome.stopped_by) - 4
        if more > 0:
            stopped += f" and {more} more"
        if not outcome.is_stopped:
            stopped = f"[red]nothing[/red] (warned: {', '.join(outcome.warned_by) or 'no'})"
            stopped += f" errors: {escape(', '.join(outcome.nameless))}" if outcome.nameless else ""
        table.add_row(outcome.name, outcome.stage, outcome.origin, stopped)
    return table


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=0, help="clean companies to try as well")
    arguments.add_argument("--days", type=int, default=0, help="ordinary days of each of them")
    arguments.add_argument("--only", default="", help="defects whose name contains this")
    chosen = arguments.parse_args()
    console = Console(width=100)
    began = time.monotonic()
    defects = [each for each in DEFECTS if chosen.only in each.name]
    with tempfile.TemporaryDirectory(prefix="salesops-mutation-") as name:
        folder = Path(name)
        outcomes = run_matrix(folder, defects) if defects else []
        alarms = run_seeds(folder, range(1, chosen.seeds + 1))
        days = run_days(folder, range(1, chosen.seeds + 1), chosen.days) if chosen.days else {}
    console.print(shown(outcomes))
    for defect, reason in NOT_YET.items():
        console.print(f"not yet: {defect} ({reason})")
    n_stopped = sum(outcome.is_stopped for outcome in outcomes)
    console.print(
        f"{n_stopped} of {len(outcomes)} live defects are stopped by a named blocking check "
        f"({n_stopped / max(1, len(outcomes)):.1%}); {date.today()}, "
        f"{time.monotonic() - began:.0f} s"
    )
    false = {seed: outcome for seed, outcome in alarms.items() if outcome.stopped_by}
    if alarms:
        console.print(f"{len(false)} false alarms on {len(alarms)} clean companies")
    for seed, outcome in false.items():
        console.print(f"  seed {seed}: {', '.join(outcome.stopped_by)}")
    if days:
        n_alarms = sum(len(found) for found in days.values())
        console.print(f"{n_alarms} alarms of open state on {len(days)} x {chosen.days} clean days")
    for seed, found in days.items():
        for each in found:
            console.print(f"  seed {seed}: {each}")


if __name__ == "__main__":
    main()
