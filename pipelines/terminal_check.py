"""How the answer of `salesops check` looks in a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.padding import Padding

from pipelines.settings import Company
from pipelines.terminal import counted, out, short, table

if TYPE_CHECKING:
    from pipelines.check import Checked, Wiring
    from pipelines.contracts.draft import Draft
    from pipelines.ingest import RejectedRows, Trial

_SHOWN_UNMATCHED = 20
_KINDS = {
    "load": "loads",
    "gx": "expectations",
    "dbt": "dbt tests",
    "reconciliation": "reconciliations",
    "release": "comparisons with the last release",
    "watch": "watches of open state",
}


def show_checked(company: Company, checked: Checked) -> None:
    """What would load, what is wrong, and what the company's sources feed; the worst comes last."""
    for source, said in checked.guesses.items():
        out.print(f"\n[bold red]not confirmed[/] pipelines/contracts/{source}.yml")
        _guesses(said)
    if checked.guesses:
        out.print(
            "\nDelete each line of `to_confirm` that is right, and correct the others; until then "
            "nothing is loaded"
        )
        return
    if checked.wiring:
        _show_wiring(company, checked.wiring)
    if checked.trial:
        _show_trial(checked.trial)
    for problem in checked.problems:
        out.print(f"\n[bold red]wrong[/] {escape(problem.place)}", soft_wrap=True)
        _indented(escape(problem.cause))
        _indented(f"next step: {escape(problem.next_step)}")
    out.print()
    out.print(_verdict(checked))


def show_draft(draft: Draft) -> None:
    """Where the contract is, what of it was guessed, and what to do next."""
    out.print(f"[bold green]drafted[/] {escape(short(draft.path))}", soft_wrap=True)
    _guesses(draft.to_confirm)
    out.print(
        "Delete each line of `to_confirm` in the file that is right, and correct the others. Then "
        f"put `{draft.source}: {{}}` under `sources` of the company file and look at the samples "
        "again: salesops check FILE..."
    )


def _guesses(said: Sequence[str]) -> None:
    out.print(f"{counted(len(said), 'guess', 'es')} to confirm")
    for each in said:
        out.print(Padding(f"- {escape(each)}", (0, 0, 0, 2)))


def _verdict(checked: Checked) -> str:
    parts = []
    if checked.problems:
        parts.append(f"{counted(len(checked.problems), 'problem')} would stop a run")
    trial = checked.trial
    if trial and not trial.loads_all:
        parts.append("not all of the files would load")
    if parts:
        return f"[bold red]{'; '.join(parts)}[/]"
    files = "every row of the files would load; " if trial else ""
    if checked.wiring and checked.wiring.idle:
        return (
            f"[bold yellow]not all done[/]: {files}nothing of {', '.join(checked.wiring.idle)} "
            "reaches a table until there are staging models: step 3 of docs/how-to/add-a-source.md"
        )
    return f"[bold green]all right[/]: {files}nothing was changed"


def _show_trial(trial: Trial) -> None:
    if trial.batches:
        _heading(f"Files, as the extract of {trial.on}")
        rows = [
            (
                f"{batch.source}/{batch.object}",
                "\n".join(trial.files[batch.source, batch.object]),
                batch.n_read,
                batch.n_accepted,
                batch.n_duplicate,
                batch.n_rejected,
            )
            for batch in trial.batches
        ]
        out.print(table(["object", "file", "read", "accepted", "copies", "rejected"], rows))
    for rejected in trial.rejects:
        _show_rejected(rejected)
    for batch in trial.batches:
        if batch.status == "failed":
            out.print(f"[bold red]refused[/] {batch.source}/{batch.object}")
            _indented(escape(str(batch.message)))
    for message in trial.refused:
        out.print("[bold red]refused[/]")
        _indented(escape(message))
    for unmatched in trial.unmatched[:_SHOWN_UNMATCHED]:
        out.print(f"[bold red]of no object[/] {escape(unmatched.path.name)}", soft_wrap=True)
        for name, files in unmatched.nearest:
            _indented(escape(f"{name} comes as {files}"))
        if not unmatched.nearest:
            _indented("no enabled source has files of such a name: salesops check --init FILE")
    if len(trial.unmatched) > _SHOWN_UNMATCHED:
        out.print(f"and {len(trial.unmatched) - _SHOWN_UNMATCHED} more files of no object")


def _show_rejected(rejected: RejectedRows) -> None:
    n_rows = (
        counted(rejected.n_rows, "row")
        if rejected.is_counted_whole
        else f"{rejected.n_rows:,}+ rows"
    )
    column = f" in column {rejected.column}" if rejected.column else ""
    value = "" if rejected.value is None else f", value '{rejected.value}'"
    out.print(
        f"[yellow]rejected[/] {rejected.source}/{rejected.object}: {n_rows}, "
        f"rule {rejected.rule}{escape(column)}"
    )
    _indented(escape(rejected.meaning))
    _indented(escape(f"first: {rejected.file} line {rejected.line}{value}"))


def _show_wiring(company: Company, wiring: Wiring) -> None:
    _heading(f"What the sources of {company.name} feed")
    out.print(table(["entity", "from"], [(e, ", ".join(s)) for e, s in sorted(wiring.fed.items())]))
    if wiring.unfed:
        _paragraph("nothing feeds", wiring.unfed)
    _heading("Tables")
    if full := [mart.table for mart in wiring.marts if not mart.missing]:
        _paragraph("fed in full", full)
    partly = [mart for mart in wiring.marts if mart.missing and not mart.is_empty]
    for names, tables in _grouped((mart.missing, mart.table) for mart in partly):
        _paragraph(f"without {names}", tables)
    empty = [mart for mart in wiring.marts if mart.is_empty]
    for names, tables in _grouped((mart.needs, mart.table) for mart in empty):
        _paragraph(f"[yellow]will be empty[/]: nothing delivers {names}", tables)
    _heading("Checks")
    counts = [(_KINDS[kind], n) for kind, n in wiring.n_checks.items()]
    counts.append(("all", sum(wiring.n_checks.values())))
    out.print(table(["", ""], counts, header=False))
    if wiring.n_left_out:
        left_out = [f"{entity} ({n})" for entity, n in wiring.n_left_out.items()]
        _paragraph("not made, as nothing feeds", left_out)


def _grouped(pairs: Iterable[tuple[Sequence[str], str]]) -> list[tuple[str, list[str]]]:
    """Tables by the entities they are without, in words."""
    tables: dict[str, list[str]] = {}
    for entities, name in pairs:
        tables.setdefault(_either(entities), []).append(name)
    return sorted(tables.items())


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _heading(text: str) -> None:
    out.print(f"\n[bold]{escape(text)}[/]")


def _paragraph(title: str, names: Sequence[str]) -> None:
    out.print(title)
    _indented(escape(", ".join(names)))


def _indented(text: str) -> None:
    out.print(Padding(text, (0, 0, 0, 2)))
