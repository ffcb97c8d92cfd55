"""What of a run is worth telling people: a refusal, a failure, an extract that did not come."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from pipelines.clock import today
from pipelines.ingest import enabled_rows
from pipelines.notify import Notice, deliver, send_unwritten, write
from pipelines.quality import ExpectedCheck, Verdict, decide
from pipelines.quality.ledger import current_build, results_of
from pipelines.settings import Company
from pipelines.warehouse import WarehouseBusy, held, opened

_SHOWN = 5
TOLD = "salesops/told"
"""Tag of a run whose notices the command sends, so that the daemon does not send them again."""
LATE = ("reconciliation.deliveries_come_as_usual", "fresh.")
"""Beginnings of the names of checks that say so."""


def tell(company: Company, notices: Sequence[Notice]) -> None:
    """Write them down and send them; addresses may name variables of this process's environment."""
    for notice in notices:
        try:
            write(company, notice)
        except OSError:
            send_unwritten(company, notice, os.environ)
    with suppress(OSError):
        deliver(company, os.environ, all_of_them=True)


def write_unended(company: Company, who: str) -> None:
    """A notice of a run that was killed while it held the warehouse, as its traces say."""
    if who.startswith("run "):
        why = f"{who} was killed, or the machine went down. Nothing has to be cleaned up: run again"
        write(company, Notice("failed", "a run did not come to its end", (why,)))


@dataclass(frozen=True)
class Report:
    """The end of a run nobody watched, written down before it is found out what to tell of it."""

    run_id: str
    failures: tuple[str, ...]


def report(company: Company, run: Report) -> None:
    """Remember that the end of a run is still to be told of."""
    file = _reports(company) / f"{run.run_id}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(run)), "utf-8")
    unfinished.replace(file)


def tell_of_reports(company: Company, expected: tuple[ExpectedCheck, ...]) -> int:
    """Tell of every run that was reported, and send what waits; how many runs are left.

    While somebody else has the warehouse it cannot be found out what to tell: the reports stay.
    """
    for file in sorted(_reports(company).glob("*.json")):
        found = json.loads(file.read_text("utf-8"))
        run = Report(found["run_id"], tuple(found["failures"]))
        try:
            verdict = verdict_of(company, run.run_id, expected)
            notices = notices_of(company, verdict, run.failures, succeeded=not run.failures)
        except WarehouseBusy:
            break
        for notice in notices:
            write(company, notice)
        file.unlink()
    deliver(company, os.environ)
    return len(list(_reports(company).glob("*.json")))


def tell_of_killed(company: Company) -> None:
    """Look whether the last holder of the warehouse was killed, unless somebody has it now."""
    if not company.warehouse_file.exists():
        return
    with suppress(WarehouseBusy), held(company.warehouse_file, timeout_seconds=0) as left_behind:
        if left_behind:
            write_unended(company, left_behind)


def _reports(company: Company) -> Path:
    return company.paths.warehouse / "outbox" / "runs"


def notices_of(
    company: Company, verdict: Verdict | None, failures: Sequence[str], *, succeeded: bool
) -> list[Notice]:
    """The notices of one run.

    Args:
        verdict: of the build the run left behind; None where it left none.
        failures: what the failed steps said.
        succeeded: whether a release was published.
    """
    found = []
    if not succeeded:
        if verdict is not None and verdict.failed:
            n = len(verdict.failed)
            checks = "1 check" if n == 1 else f"{n} checks"
            title = f"release refused by {checks}; readers keep the last one"
            found.append(Notice("refused", title, _reasons(verdict)))
        else:
            found.append(failed_run(failures))
    if missed := _missed(company):
        n = len(missed)
        title = f"{n} extract{' is' if n == 1 else 's are'} missing"
        found.append(Notice("missed_extract", title, tuple(missed[:_SHOWN])))
    warned = verdict.warned if verdict else ()
    late = [check for check in warned if check.check_id.startswith(LATE)]
    if late:
        shown = [f"{check.asset}: {check.example}" for check in late[:_SHOWN]]
        steps = dict.fromkeys(check.next_step for check in late)
        found.append(Notice("late", "an extract is later than usual", (*shown, *steps)))
    return found


def failed_run(failures: Sequence[str]) -> Notice:
    """The notice of a run that ended before there was anything to judge."""
    title = "the run failed; readers keep the last release"
    return Notice("failed", title, tuple(failures[:_SHOWN]))


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    """What failed; what therefore did not run says nothing new."""
    shown = verdict.reasons[: min(_SHOWN, len(verdict.failed))]
    more = len(verdict.failed) - len(shown)
    return (*shown, f"and {more} more") if more > 0 else shown


def _missed(company: Company) -> list[str]:
    """Missed days of the last two weeks, of sources that said how often they deliver.

    Raises:
        WarehouseBusy: somebody else has the warehouse.
    """
    if not company.warehouse_file.exists():
        return []
    with opened(company.warehouse_file) as connection:
        known = connection.execute(
            "select count(*) from duckdb_tables() where table_name = 'missed_days'"
        ).fetchone()
        if not known or not known[0]:
            return []
        rows = connection.execute(
            f"select source, object, extract_on from {enabled_rows(company, 'missed_days')} "
            "where extract_on > ? order by extract_on desc, 1, 2",
            [today(company) - timedelta(days=15)],
        ).fetchall()
    return [f"{source} {name} of {day}" for source, name, day in rows]


def verdict_of(
    company: Company, run_id: str, expected: tuple[ExpectedCheck, ...]
) -> Verdict | None:
    """The verdict on the build a run left behind; None where it left none.

    Raises:
        WarehouseBusy: somebody else has the warehouse.
    """
    if not company.warehouse_file.exists():
        return None
    with opened(company.warehouse_file) as connection:
        results = results_of(connection, run_id)
        # What a run said of its build still stands when another one has begun the next.
        if not results and current_build(connection) != run_id:
            return None
        return decide(expected, results)
