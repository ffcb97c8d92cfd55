"""What of a run is worth telling people: a refusal, a failure, an extract that did not come."""

import os
from collections.abc import Sequence
from datetime import timedelta

import duckdb

from pipelines.clock import today
from pipelines.ingest import enabled_rows
from pipelines.notify import Notice, notify
from pipelines.quality import ExpectedCheck, Verdict, decide
from pipelines.quality.ledger import current_build, results_of
from pipelines.settings import Company

_SHOWN = 5
TOLD = "salesops/told"
"""Tag of a run whose notices the command sends, so that the daemon does not send them again."""
LATE = ("reconciliation.deliveries_come_as_usual", "fresh.")
"""Beginnings of the names of checks that say so."""


def tell(company: Company, notices: Sequence[Notice]) -> None:
    """Send them; addresses may name variables of this process's environment."""
    for notice in notices:
        notify(company, notice, os.environ)


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
            title = "the run failed; readers keep the last release"
            found.append(Notice("failed", title, tuple(failures[:_SHOWN])))
    if missed := _missed(company):
        n = len(missed)
        title = f"{n} extract{' is' if n == 1 else 's are'} missing"
        found.append(Notice("missed_extract", title, tuple(missed[:_SHOWN])))
    warned = verdict.warned if verdict else ()
    late = [check for check in warned if check.check_id.startswith(LATE)]
    if late:
        lines = [line for check in late[:_SHOWN] for line in (check.example or "", check.next_step)]
        found.append(Notice("late", "an extract is later than usual", tuple(lines)))
    return found


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    """What failed; what therefore did not run says nothing new."""
    shown = verdict.reasons[: min(_SHOWN, len(verdict.failed))]
    more = len(verdict.failed) - len(shown)
    return (*shown, f"and {more} more") if more > 0 else shown


def _missed(company: Company) -> list[str]:
    """Missed days of the newest two weeks, of sources that said how often they deliver."""
    if not company.warehouse_file.exists():
        return []
    with duckdb.connect(str(company.warehouse_file)) as connection:
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
    """The verdict on the build a run left behind; None where the warehouse holds another."""
    if not company.warehouse_file.exists():
        return None
    with duckdb.connect(str(company.warehouse_file)) as connection:
        if current_build(connection) != run_id:
            return None
        return decide(expected, results_of(connection, run_id))
