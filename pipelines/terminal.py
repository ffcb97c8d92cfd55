"""How the command's answers look in a terminal of 80 columns.

Takes results as values and prints them; what they mean is decided elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from pipelines.clock import shown_today
from pipelines.settings import Company

if TYPE_CHECKING:
    from pipelines.assets.headless import Outcome
    from pipelines.ingest import LandingReport
    from pipelines.publish import ReleaseDiff
    from pipelines.publish.as_of import AsOfBuild
    from pipelines.quality import CheckResult
    from pipelines.serve import Explanation

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_SHOWN_CHECKS = 10
_ANY_WIDTH = 100_000
_SHOWN_RESTATEMENTS = 20


def short(path: Path) -> str:
    """The path from here where it lies below, otherwise whole."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def counted(number: int, thing: str, ending: str = "s") -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {thing}{'' if number == 1 else ending}"


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, header: bool = True) -> Table:
    """Rows as an aligned table: numbers to the right, NULL shown as an empty cell."""
    shown = Table(show_header=header, box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        cells = [row[position] for row in rows if row[position] is not None]
        is_number = bool(cells) and all(
            isinstance(cell, (int, float)) or type(cell).__name__ == "Decimal" for cell in cells
        )
        shown.add_column(escape(column), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    return shown


def answer(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> RenderableType:
    """Rows of a query: a table where it fits, else one record below the other.

    A value that is cut in two is read as two.
    """
    whole = table(columns, rows)
    needed = out.measure(whole, options=out.options.update(max_width=_ANY_WIDTH)).maximum
    if not rows or needed <= out.width:
        return whole
    records = Table(show_header=False, box=None, pad_edge=False)
    records.add_column(no_wrap=True)
    records.add_column(overflow="fold")
    for number, row in enumerate(rows, start=1):
        records.add_row(f"[bold]{number} of {len(rows)}[/]", "")
        for name, cell in zip(columns, row, strict=True):
            records.add_row(escape(name), "" if cell is None else escape(str(cell)))
    return records


@contextmanager
def progress(doing: str, things: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how many things are done, and of how many."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn(things),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda n_done, n_all: bar.update(task, completed=n_done, total=n_all)


def show_landing(report: LandingReport, on: date) -> None:
    """What a delivery was matched to, and what it was not."""
    from pipelines.ingest.files import printable

    if report.matched:
        rows = [(landed.path.name, f"{landed.source}/{landed.object}") for landed in report.matched]
        out.print(table(["landed", "as"], rows))
    out.print(
        f"{len(report.matched)} files landed as the extract of {on}, "
        f"{len(report.unchanged)} were there already, {len(report.unmatched)} match no object"
    )
    if report.unmatched:
        names = ", ".join(printable(path.name) for path in report.unmatched[:5])
        more = f" and {len(report.unmatched) - 5} more" if len(report.unmatched) > 5 else ""
        out.print(f"not matched, left alone: {escape(names)}{more}")


@contextmanager
def steps_shown() -> Iterator[Callable[[str, str], None]]:
    """A listener that shows each step as it runs, with the time it took."""
    began: dict[str, float] = {}
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    ) as progress:
        task = progress.add_task("reading the project")

        def listen(step: str, state: str) -> None:
            if state == "started":
                began[step] = time.monotonic()
                progress.update(task, description=step)
            else:
                seconds = time.monotonic() - began.get(step, time.monotonic())
                colour = {"done": "green", "failed": "red"}.get(state, "yellow")
                progress.console.print(f"  [{colour}]{state:7}[/] {step:28} {seconds:6.1f} s")

        yield listen


def show_outcome(company: Company, outcome: Outcome) -> None:
    """The end of a run: release id, checks, and where to look; or why it was refused."""
    verdict = outcome.verdict
    if outcome.succeeded and verdict is not None:
        _show_release(company, verdict.decision)
        for check in verdict.warned[:_SHOWN_CHECKS]:
            _show_check("warning", "yellow", check, out)
        out.print(
            f"checks: {len(verdict.passed)} passed, {len(verdict.warned)} warned, "
            f"{len(verdict.failed)} failed"
        )
        return
    err.print("[bold red]refused[/]: nothing was published, the current release is unchanged")
    told = {check.example for check in verdict.failed} if verdict else set()
    for failure in outcome.failures:
        # A check that failed says the same with its owner and what goes wrong.
        lines = [line for line in failure.splitlines() if line not in told]
        if lines and not failure.startswith("release refused"):
            err.print(escape("\n".join(lines)), soft_wrap=True)
    if verdict is None:
        return
    for check in verdict.failed[:_SHOWN_CHECKS]:
        _show_check("failed", "red", check, err)
    if len(verdict.failed) > _SHOWN_CHECKS:
        err.print(f"... and {len(verdict.failed) - _SHOWN_CHECKS} more failed checks")
    for check in verdict.warned[:_SHOWN_CHECKS]:
        _show_check("warning", "yellow", check, err)
    err.print(
        f"checks: {len(verdict.passed)} passed, {len(verdict.warned)} warned, "
        f"{len(verdict.failed)} failed, {len(verdict.not_run)} not run"
    )


def show_as_of(built: AsOfBuild, day: date) -> None:
    """The end of an as-of build: where the tables are, and what the tests found."""
    verdict = built.verdict
    for check in verdict.warned[:_SHOWN_CHECKS]:
        _show_check("warning", "yellow", check, out)
    out.print(f"[bold green]built[/] what was known on {day}")
    out.print(f"  data as of {built.as_of_on}")
    out.print(
        f"  tables     {short(built.file)} ({built.n_tables} tables, {built.n_rows:,} rows)",
        soft_wrap=True,
    )
    out.print(f"tests: {len(verdict.passed)} passed, {len(verdict.warned)} warned")


def show_diff(found: ReleaseDiff) -> None:
    """The later release as it differs from the earlier one, what matters most first."""
    out.print(f"from {found.old.release_id} (data as of {found.old.as_of_on})")
    out.print(f"to   {found.new.release_id} (data as of {found.new.as_of_on})")
    for broken in found.breaks:
        what = escape(f"{broken.subject}: {broken.what}")
        out.print(f"[bold red]broken[/] {what}", soft_wrap=True)
    if found.restated:
        out.print(f"closed periods: {len(found.restated)} restatements")
        rows = [
            (
                row.metric,
                row.scope_id,
                str(row.period_start_on),
                row.cause,
                f"{row.delta_amount:+,.2f}",
                f"{row.n_deals}",
            )
            for row in sorted(found.restated, key=lambda row: -abs(row.delta_amount))
        ]
        columns = ["metric", "scope", "period from", "cause", "moved by", "deals"]
        out.print(table(columns, rows[:_SHOWN_RESTATEMENTS]))
        if len(rows) > _SHOWN_RESTATEMENTS:
            out.print(f"and {len(rows) - _SHOWN_RESTATEMENTS} more: meta.fct_restatement")
    else:
        out.print("closed periods: none moved")
    out.print(f"tables: {len(found.tables)} differ")
    changed = [
        (
            each.name,
            "-" if each.old_rows is None else f"{each.old_rows:,}",
            "-" if each.new_rows is None else f"{each.new_rows:,}",
        )
        for each in found.tables
    ]
    if changed:
        out.print(table(["table", "rows before", "rows now"], changed))


def show_explanation(found: Explanation) -> None:
    """The cell, the quota behind it, and every deal with its events; the parts add up."""
    cell = found.attainment
    last_on = cell.period_end_on - timedelta(days=1)
    out.print(f"[bold]{escape(cell.participant_name)}[/] ({escape(cell.participant_id)})")
    out.print(f"{cell.measure}, {cell.period_start_on} to {last_on}, {cell.attainment_state}")
    rows = [
        ("full quota", f"{cell.full_quota_amount:,.2f}"),
        ("for the days in seat", f"{cell.prorated_quota_amount:,.2f}"),
        ("in force", f"{cell.quota_amount:,.2f}"),
        ("credit", f"{cell.credit_amount:,.2f}"),
        ("attainment", "" if cell.attainment_pct is None else f"{cell.attainment_pct:.2%}"),
    ]
    if cell.prorated_quota_amount == cell.full_quota_amount:
        del rows[1]
    out.print(table(["", ""], rows, header=False))
    out.print(f"quota from {escape(cell.source_file)}, line {cell.source_line}", soft_wrap=True)
    for deal in found.deals:
        whose = f" of {deal.participant_name}" if deal.participant_id != cell.participant_id else ""
        name = deal.opportunity_name or "no longer in the CRM"
        out.print(
            f"\n[bold]{deal.credit_amount:,.2f}[/] {deal.credit_type} credit{escape(whose)}, "
            f"{deal.credit_pct:.2%} of deal {escape(deal.opportunity_id)}",
            soft_wrap=True,
        )
        out.print(f"  {escape(name)}", soft_wrap=True)
        for event in deal.events:
            amount = "no amount" if event.amount is None else f"{event.amount:,.2f}"
            out.print(
                f"  {event.recorded_on} {event.event} ({event.reason}) {amount} "
                f"on {event.effective_on}"
            )
            out.print(f"    {escape(event.source_file)}, line {event.source_line}", soft_wrap=True)
    if found.counted:
        days = [(str(day.effective_on), f"{day.amount:,.2f}") for day in found.counted]
        out.print(table(["day", "counted"], days))
    n_parts = len(found.deals) or len(found.counted)
    out.print(f"\n{n_parts} parts add up to {found.total:,.2f}")


def _show_release(company: Company, decision: str) -> None:
    from pipelines.publish import current

    release = current(company.paths.published)
    if release is None:
        return
    note = " with warnings" if decision == "publish_with_warnings" else ""
    out.print(f"[bold green]published{note}[/] {release.release_id}")
    note = f", {shown_today(company)}" if company.today else ""
    out.print(f"  data as of {release.as_of_on}{escape(note)}")
    folder = company.paths.published / "current"
    out.print(f"  tables     {short(folder / 'salesops.duckdb')}", soft_wrap=True)
    out.print(f"  report     {short(folder / 'report.html')}", soft_wrap=True)


def _show_check(word: str, colour: str, check: CheckResult, console: Console) -> None:
    rows = "" if check.n_failed is None else f", {check.n_failed:,} rows"
    console.print(f"[{colour}]{word}[/] [bold]{escape(check.check_id)}[/] on {check.asset}{rows}")
    # A number of rows stands in the first line already.
    observed = "" if (check.observed or "").endswith((" row", " rows")) else check.observed
    details = [
        ("found", observed),
        ("example", check.example),
        ("error", check.message),
        ("why", check.why),
        ("next step", check.next_step),
    ]
    for name, text in details:
        if text:
            console.print(f"  {name}: {escape(' '.join(str(text).split()))}", soft_wrap=True)
