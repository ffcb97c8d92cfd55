"""Compare the tables of a build with those of the release readers have: has a promise been broken?

Checks on everything the current release has: its numbers still mean the same, public columns are
still there with their types, a table's grain is what it was, tables have not collapsed, and the
extracts the release was built from are still among those of the build. What was meant to change is
named in the company file (`accepted_changes`), with a reason and a last day. Totals of closed
periods are in `restatement`.

A change of definition is asked for once, by its own name: what else it breaks in the tables it
names is part of it and not asked for again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.publish.definitions import PREFIX, Definition, changed_since, unknown_to
from pipelines.publish.manifest import InputBatch, Manifest, TableFacts
from pipelines.quality.results import CheckResult, ExpectedCheck
from pipelines.settings import AcceptedChange

COLLAPSED = 0.5
"""A table with fewer than this share of its rows has collapsed."""
FEWEST_ROWS = 100
"""Smaller tables may do as they like."""
OWN_SCHEMA = "meta"
SHOWN_NAMES = 40
"""Of changes that wait for a word, in one message."""
ACCEPTED_FOR = timedelta(days=30)
"""How long an acceptance lasts that the gate proposes."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is asked of a build beside the current release."""

    name: str
    why: str
    next_step: str

    @property
    def check_id(self) -> str:
        return f"release.{self.name}"


DEFINITIONS = Promise(
    "definitions_are_accepted",
    "A number that means something else from today on is read as if it were yesterday's.",
    "Read docs/upgrading.md and tell the readers of these tables.",
)
COLUMNS = Promise(
    "columns_are_kept",
    "A dashboard that asks for a column that is gone, or has another type, breaks in the morning.",
    "Bring the column back, or name the change in the company file under accepted_changes.",
)
GRAIN = Promise(
    "grain_is_kept",
    "A table with another key multiplies in every query that joins it by the old one.",
    "Give the new grain a table of its own, or name the change under accepted_changes.",
)
ROWS = Promise(
    "rows_are_kept",
    "A table that lost half of its rows since the last release is a lost delivery, until shown.",
    "Look at the loads; if it is meant, name the change under accepted_changes.",
)
BATCHES = Promise(
    "extracts_are_kept",
    "An extract day that was part of the last release and is gone takes its history along.",
    "Land the day again; if it is meant to be gone, name the change under accepted_changes.",
)
CLOSED = Promise(
    "closed_periods_are_kept",
    "A closed period that moves by much has been reported, paid and planned on.",
    "Look into control.restatement of the warehouse file for the deals behind it; if it is right, "
    "name the change under accepted_changes.",
)
PROMISES = (DEFINITIONS, COLUMNS, GRAIN, ROWS, BATCHES, CLOSED)


def expected_promises() -> tuple[ExpectedCheck, ...]:
    """The checks every build has to answer; without a release before it, all hold."""
    return tuple(ExpectedCheck(promise.check_id, "block") for promise in PROMISES)


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is not as it was."""

    promise: Promise
    subject: str
    """What changed, as `accepted_changes` names it."""
    what: str


def differences(
    before: Manifest,
    tables: Sequence[TableFacts],
    batches: Collection[InputBatch],
    definitions: Sequence[Definition] = (),
) -> Iterator[Break]:
    """What a build breaks of what the release before it had, in order of the tables.

    `definitions`: the changes of definition the build was made with.
    """
    changed = changed_since(before, definitions)
    for each in changed:
        yield Break(DEFINITIONS, each.change, " ".join(each.meaning.split()))
    for name in unknown_to(before, definitions):
        what = "the release was built with it, and this older program does not know it"
        yield Break(DEFINITIONS, PREFIX + name, what)
    for broken in _of_tables(before, tables):
        if not any(each.covers(broken.subject) for each in changed):
            yield broken
    yield from _batches(before.batches, batches)


def _of_tables(before: Manifest, tables: Sequence[TableFacts]) -> Iterator[Break]:
    now = {table.name: table for table in tables}
    for old in before.tables:
        if old.schema_name == OWN_SCHEMA:
            continue
        new = now.get(old.name)
        if new is None:
            yield Break(COLUMNS, old.name, "the table is gone")
            continue
        yield from _columns(old, new)
        if old.grain and new.grain and set(old.grain) != set(new.grain):
            what = f"was one row per {', '.join(old.grain)}, is per {', '.join(new.grain)}"
            yield Break(GRAIN, old.name, what)
        if old.n_rows >= FEWEST_ROWS and new.n_rows < COLLAPSED * old.n_rows:
            yield Break(ROWS, old.name, f"had {old.n_rows:,} rows, has {new.n_rows:,}")


def _columns(old: TableFacts, new: TableFacts) -> Iterator[Break]:
    types = {column.name: column.type for column in new.columns}
    for column in old.columns:
        subject = f"{old.name}.{column.name}"
        if column.name not in types:
            yield Break(COLUMNS, subject, "the column is gone")
        elif types[column.name] != column.type:
            yield Break(COLUMNS, subject, f"was {column.type}, is {types[column.name]}")


def _batches(old: Collection[InputBatch], new: Collection[InputBatch]) -> Iterator[Break]:
    known = {(batch.source, batch.object, batch.extract_on) for batch in new}
    enabled = {batch.source for batch in new}
    for batch in old:
        # A source that was switched off took its tables along on purpose.
        if batch.source in enabled and (batch.source, batch.object, batch.extract_on) not in known:
            subject = f"{batch.source}.{batch.object}"
            yield Break(BATCHES, subject, f"the extract of {batch.extract_on} is gone")


def judge(
    breaks: Collection[Break],
    accepted: Sequence[AcceptedChange],
    today: date,
    examples: Mapping[Promise, str] | None = None,
) -> list[CheckResult]:
    """One result per promise: it fails where something broke it that nobody accepted."""
    results = []
    for promise in PROMISES:
        unmeant = [
            each
            for each in breaks
            if each.promise is promise and accepting(each.subject, accepted, today) is None
        ]
        first = unmeant[0] if unmeant else None
        more = (examples or {}).get(promise, "")
        results.append(
            CheckResult(
                check_id=promise.check_id,
                kind="release",
                asset=first.subject if first else "published.release",
                severity="block",
                owner="team:data-platform",
                why=promise.why,
                next_step=_next_step(promise, unmeant, today),
                status="fail" if unmeant else "pass",
                n_failed=len(unmeant) or None,
                observed=f"{len(unmeant)} of the last release" if unmeant else None,
                example=_example(promise, unmeant, more),
            )
        )
    return results


def _example(promise: Promise, unmeant: Sequence[Break], more: str) -> str | None:
    """The first break; of definitions all, since each of them has to be read."""
    shown = unmeant if promise is DEFINITIONS else unmeant[:1]
    return "; ".join(f"{each.subject}: {each.what}" for each in shown) + more if shown else None


def _next_step(promise: Promise, unmeant: Sequence[Break], today: date) -> str:
    if not unmeant:
        return promise.next_step
    if promise is not DEFINITIONS:
        names = list(dict.fromkeys(each.subject for each in unmeant))
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        title = "Its name there" if len(names) == 1 else "Their names there"
        return f"{promise.next_step} {title}: {', '.join(names[:SHOWN_NAMES])}{more}"
    until = today + ACCEPTED_FOR
    accepted = ", ".join(
        f"{{change: {each.subject}, reason: upgrade and readers have been told, until: {until}}}"
        for each in unmeant
    )
    return (
        f"{promise.next_step} Then accept them in the company file, beside what it accepts "
        f"already: accepted_changes: [{accepted}]"
    )


def accepting(
    subject: str, accepted: Sequence[AcceptedChange], today: date
) -> AcceptedChange | None:
    """The company's word that this may change, if it has not expired."""
    for change in accepted:
        if change.until >= today and (
            subject == change.change or subject.startswith(f"{change.change}.")
        ):
            return change
    return None
