"""The `salesops` command: land files, run the pipeline, query the published release.

Exit codes: 0 done, 1 refused (by the gate, or because an extract is not what its contract says),
2 wrong use or configuration, 130 and 143 ended by Ctrl-C and SIGTERM. The work is done elsewhere;
this module reads arguments, calls it and tells what came out.
"""

from __future__ import annotations

import gc
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer
from rich.markup import escape

from pipelines import disk, interrupts, owner
from pipelines.settings import Company, ConfigurationError, Settings, load_company
from pipelines.terminal import (
    answer,
    counted,
    err,
    out,
    progress,
    short,
    show_as_of,
    show_diff,
    show_explanation,
    show_landing,
    show_outcome,
    steps_shown,
    table,
)

if TYPE_CHECKING:
    from pipelines.demo import DemoExtracts

REFUSED, WRONG_USE = 1, 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="Sales operations metrics: extract files in, gated releases out.",
)
P = ParamSpec("P")

CompanyFile = Annotated[
    Path | None,
    typer.Option(
        "--company",
        help="The company file. Default: $SALESOPS_COMPANY, or the demo company.",
        show_default=False,
    ),
]


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the project's errors into a message and an exit code, without a traceback."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        from pipelines.contracts import ContractError
        from pipelines.ingest import IngestError
        from pipelines.publish import PublishError
        from pipelines.serve import NoRelease, QueryError
        from pipelines.warehouse import WarehouseBusy

        try:
            with interrupts.told_apart():
                command(*args, **kwargs)
        except (ConfigurationError, ContractError, NoRelease, QueryError) as error:
            err.print(f"[bold red]error:[/] {_plain(error)}", soft_wrap=True)
            raise typer.Exit(WRONG_USE) from error
        except (IngestError, PublishError, WarehouseBusy) as error:
            err.print(f"[bold red]refused[/] {_plain(error)}", soft_wrap=True)
            raise typer.Exit(REFUSED) from error
        except Exception as error:
            said = disk.told_by(error)
            if not said:
                raise
            err.print(f"[bold red]failed[/] {said}", soft_wrap=True)
            raise typer.Exit(REFUSED) from error

    return wrapper


def _plain(error: Exception) -> str:
    return str(error).replace("[", r"\[")


def _company(file: Path | None) -> Company:
    company = load_company(file or Settings().company)
    owner.check(company)
    return company


@app.command()
@reported
def demo(
    company: CompanyFile = None,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Only write the extract files here, one folder per day."),
    ] = None,
    scale: Annotated[
        float, typer.Option(help="Size: 1 is about 5,000 deals, 200 is a million.")
    ] = 1.0,
    days: Annotated[
        int | None,
        typer.Option(help="Daily extracts up to the last day. Default: four over seven weeks."),
    ] = None,
    years: Annotated[int, typer.Option(help="Years of sales before the last day.")] = 2,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    hazards: Annotated[
        bool, typer.Option("--hazards", help="Spoil the files as real systems do.")
    ] = False,
) -> None:
    """Write the demo company's extract files and land them, day by day."""
    from tempfile import TemporaryDirectory

    from pipelines.demo import daily, first_day_of, generate
    from pipelines.ingest import land

    def write(folder: Path) -> DemoExtracts:
        with progress("simulating", "divisions") as advance:
            return generate(
                folder,
                seed=seed,
                scale=scale,
                first_day=first_day_of(years),
                days=daily(days) if days is not None else None,
                hazards=hazards,
                on_division=advance,
            )

    try:
        if to is not None:
            extracts = write(to)
            out.print(f"wrote {len(extracts.files)} files of {_span(extracts.days)} to {short(to)}")
            return
        target = _company(company)
        with TemporaryDirectory(prefix="salesops-demo-") as folder:
            extracts = write(Path(folder))
            _refuse_other_company(target, extracts)
            n_files = 0
            for day in extracts.arrival:
                report = land(target, day, [Path(folder) / day.isoformat()], replace=True)
                n_files += len(report.matched)
            truth = target.paths.warehouse / "truth"
            shutil.rmtree(truth, ignore_errors=True)
            shutil.copytree(Path(folder) / "truth", truth)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    out.print(f"landed {n_files} files of {_span(extracts.days)} in {short(target.paths.landing)}")
    out.print(f"what really happened is in {short(truth)}, for comparing estimates with")


def _span(days: list[date]) -> str:
    return f"{counted(len(days), 'extract day')} ({days[0]} to {days[-1]})"


def _refuse_other_company(company: Company, extracts: DemoExtracts) -> None:
    """Extracts of two demo companies in one landing folder would make a third that never was."""
    own = {(file.source, file.object, file.day, file.path.name) for file in extracts.files}
    written = {file.source for file in extracts.files}
    for path in sorted(company.paths.landing.glob("*/*/*/*")):
        source, name, day = path.parts[-4:-1]
        # A source that somebody added to the demo company is theirs.
        if source in written and (source, name, date.fromisoformat(day), path.name) not in own:
            raise ConfigurationError(
                f"{short(path)} is none of the extracts that this would write: it is of a real "
                "company, or of the demo company at another size or with other days. If it is the "
                f"demo company's, remove {short(company.paths.landing)} first"
            )


@app.command("land")
@reported
def land_files(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders as delivered.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The extract day.")],
    company: CompanyFile = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="A corrected delivery of a day that is here already.")
    ] = False,
    unusual_day: Annotated[
        datetime | None,
        typer.Option(
            "--unusual-day",
            formats=["%Y-%m-%d"],
            help="The day again, where it is still to come or far from the others and is meant.",
        ),
    ] = None,
) -> None:
    """Put delivered files into the landing folder as the extract of a day."""
    from pipelines.ingest import land

    report = land(
        _company(company),
        on.date(),
        paths,
        replace=replace,
        unusual_day=unusual_day.date() if unusual_day else None,
    )
    show_landing(report, on.date())


@app.command()
@reported
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Sample files or folders, as delivered.")
    ] = None,
    company: CompanyFile = None,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The extract day. Default: today."),
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="Write a first contract from the samples instead.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Its name. Default: what the files' names begin with."),
    ] = None,
) -> None:
    """Say what a run would make of the company and of sample files, without one.

    Nothing is loaded, built or published. Exit code 1 when something would be refused.
    """
    if init:
        _draft_contract(files or [], source)
        return
    if source:
        raise ConfigurationError("--source names the contract that --init writes: say both")
    from pipelines.check import check_company
    from pipelines.terminal_check import show_checked

    target = _company(company)
    with out.status("checking"):
        checked = check_company(target, files or [], on.date() if on else None)
    show_checked(target, checked)
    if checked.problems or checked.guesses:
        raise typer.Exit(WRONG_USE)
    if checked.trial and not checked.trial.loads_all:
        raise typer.Exit(REFUSED)


def _draft_contract(files: list[Path], source: str | None) -> None:
    from pipelines.contracts.draft import write_draft
    from pipelines.ingest.sample import read_sample
    from pipelines.terminal_check import show_draft

    if not files:
        raise ConfigurationError(
            "a contract is drafted from samples: salesops check --init FILE..."
        )
    show_draft(write_draft([read_sample(path) for path in files], source))


@app.command()
@reported
def run(company: CompanyFile = None) -> None:
    """Load what has landed, build, check and publish: the whole job, in this process."""
    # Imports and definitions live as long as the process: looking through them for garbage again
    # and again takes seconds. `run_headless` sets them aside and turns collecting on again.
    gc.disable()
    from pipelines.assets.headless import run_headless

    target = _company(company)
    with steps_shown() as listener:
        outcome = run_headless(target, listener)
    show_outcome(target, outcome)
    if not outcome.succeeded:
        raise typer.Exit(REFUSED)


@app.command()
@reported
def sql(
    query_text: Annotated[str, typer.Argument(metavar="SQL", help="A query, or - to read one.")],
    company: CompanyFile = None,
    release: Annotated[
        str | None, typer.Option("--release", help="A release id. Default: the current release.")
    ] = None,
    output: Annotated[
        str, typer.Option("--format", help="table, csv, csv-exact or json", metavar="FORMAT")
    ] = "table",
) -> None:
    """Query the published release, read-only.

    `csv` puts an apostrophe before text that a spreadsheet would run as a formula; `csv-exact`
    writes every text as it is, for programs.
    """
    from pipelines.serve import as_csv, as_json, open_release, query

    if output not in {"table", "csv", "csv-exact", "json"}:
        raise ConfigurationError(
            f"format '{output}' is not known: use table, csv, csv-exact or json"
        )
    text = sys.stdin.read() if query_text == "-" else query_text
    with open_release(_company(company).paths.published, release) as connection:
        result = query(connection, text)
    if output in {"csv", "csv-exact"}:
        sys.stdout.write(as_csv(result, exact=output == "csv-exact"))
    elif output == "json":
        sys.stdout.write(as_json(result) + "\n")
    else:
        out.print(answer(result.columns, result.rows))


explain = typer.Typer(no_args_is_help=True, help="Why a published number is what it is.")
app.add_typer(explain, name="explain")


@explain.command("attainment")
@reported
def explain_one_attainment(
    participant: Annotated[str, typer.Option("--participant", help="Id, or whole name.")],
    period: Annotated[
        str, typer.Option("--period", help="A day in it, or a key such as FY2026-Q1.")
    ],
    measure: Annotated[
        str, typer.Option("--measure", help="What the quota is on; team_bookings for who leads.")
    ] = "bookings",
    company: CompanyFile = None,
    release: Annotated[
        str | None, typer.Option("--release", help="A release id. Default: the current release.")
    ] = None,
) -> None:
    """From somebody's attainment to credits, booking events, deals, and file and line."""
    from pipelines.serve import explain_attainment, open_release

    with open_release(_company(company).paths.published, release) as connection:
        show_explanation(explain_attainment(connection, participant, period, measure))


@app.command("as-of")
@reported
def as_of(
    day: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="Build what was known on this day.")
    ],
    to: Annotated[Path, typer.Option("--out", help="The DuckDB file to write; must not exist.")],
    company: CompanyFile = None,
) -> None:
    """Build every public table as known on an earlier day, into a file of its own."""
    from pipelines.publish.as_of import build_as_of

    with out.status(f"building what was known on {day.date()}"):
        built = build_as_of(_company(company), day.date(), to)
    show_as_of(built, day.date())


@app.command()
@reported
def status(company: CompanyFile = None) -> None:
    """What has landed, what is loaded and what is published."""
    from pipelines.ingest import landed_days
    from pipelines.publish import current, list_releases

    target = _company(company)
    days = landed_days(target)
    now = current(target.paths.published)
    rows = [
        ("company", target.name),
        ("file", short(target.file)),
        ("landed", counted(len(days), "extract day") + (f", newest {days[-1]}" if days else "")),
        ("current release", now.release_id if now else "none yet: salesops run"),
        ("data as of", str(now.as_of_on) if now else "-"),
        ("releases kept", str(len(list_releases(target.paths.published)))),
    ]
    out.print(table(["", ""], rows, header=False))


@app.command()
@reported
def releases(company: CompanyFile = None) -> None:
    """The releases on disk, newest first; the current one is marked."""
    from pipelines.publish import current, list_releases, pins

    published = _company(company).paths.published
    now, pinned = current(published), pins(published)
    rows = [
        (
            "*" if now and item.release_id == now.release_id else "",
            item.release_id,
            str(item.as_of_on),
            item.decision,
            escape(pinned.get(item.release_id, "")),
        )
        for item in reversed(list_releases(published))
    ]
    out.print(table(["", "release", "data as of", "verdict", "pinned"], rows))


@app.command("diff")
@reported
def diff_releases(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A release id, or 'current'.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A release id, or 'current'.")],
    company: CompanyFile = None,
) -> None:
    """What differs between two releases: columns, rows, and closed periods that moved."""
    from pipelines.publish import current, diff

    target = _company(company)
    published = target.paths.published
    now = current(published)
    ids = [now.release_id if now and name == "current" else name for name in (old, new)]
    show_diff(diff(published, ids[0], ids[1], target.policies.closes_after_days))


@app.command()
@reported
def rollback(
    release_id: Annotated[str, typer.Argument(help="A release id, as `releases` lists them.")],
    company: CompanyFile = None,
) -> None:
    """Make an earlier release the current one again."""
    from pipelines.publish import rollback as roll_back

    roll_back(_company(company).paths.published, release_id)
    out.print(f"current release is now {release_id}")


@app.command()
@reported
def pin(
    release_id: Annotated[str, typer.Argument(help="A release id, as `releases` lists them.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it has to be kept.")],
    company: CompanyFile = None,
) -> None:
    """Keep a release until it is unpinned, however old it gets."""
    from pipelines.publish import pin as pin_release

    pin_release(_company(company).paths.published, release_id, reason)
    out.print(f"release {release_id} is kept: {escape(reason)}")


@app.command()
@reported
def unpin(
    release_id: Annotated[str, typer.Argument(help="A pinned release.")],
    company: CompanyFile = None,
) -> None:
    """Let a pinned release go when its time comes."""
    from pipelines.publish import unpin as unpin_release

    unpin_release(_company(company).paths.published, release_id)
    out.print(f"release {release_id} is no longer pinned")


@app.command()
@reported
def verify(
    release_id: Annotated[str, typer.Argument(metavar="ID", help="A release id.")] = "current",
    company: CompanyFile = None,
) -> None:
    """Compare every file of a release with its manifest, byte for byte."""
    from pipelines.publish import current, find_release, verify_files

    published = _company(company).paths.published
    release = current(published) if release_id == "current" else find_release(published, release_id)
    if release is None:
        raise ConfigurationError("there is no release yet: salesops run")
    manifest = verify_files(release.path)
    n_files = 2 + len(manifest.tables)
    out.print(f"release {release.release_id} is whole: {n_files} files as in its manifest")


@cache
def _say_interrupted(told: signal.Signals) -> None:
    """Once, whoever notices first: the main thread, or the one that ends the process."""
    out.show_cursor()
    how = "Ctrl-C" if told == signal.SIGINT else told.name
    err.print(
        f"[bold]interrupted[/] by {how} before it was done; readers keep what they have, and the "
        "same command takes up the work again",
        soft_wrap=True,
    )


@app.command()
@reported
def heal(
    release_id: Annotated[str, typer.Argument(metavar="ID", help="A release id, or current.")],
    company: CompanyFile = None,
) -> None:
    """Put a release back to what was published, after a client wrote into its database."""
    from pipelines.publish import current
    from pipelines.publish import heal as heal_release

    published = _company(company).paths.published
    now = current(published)
    name = now.release_id if now and release_id == "current" else release_id
    done = heal_release(published, name)
    if not done:
        out.print(f"release {name} is as it was published")
        return
    out.print(f"release {name} is as it was published again:")
    for change in done:
        out.print(f"  {escape(change)}", soft_wrap=True)


def main() -> None:
    """Entry point of the `salesops` command."""
    with interrupts.heeded(_say_interrupted):
        try:
            app()
        except BaseException as ended:
            told = interrupts.received()
            if told is None or (isinstance(ended, SystemExit) and not ended.code):
                raise
            _say_interrupted(told)
            interrupts.end(told)


if __name__ == "__main__":
    main()
