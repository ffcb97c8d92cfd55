"""What differs between two releases: promises, rows, and totals of periods that were closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from pipelines.publish.compare import Break, differences
from pipelines.publish.definitions import changed_since, load_definitions
from pipelines.publish.manifest import DATABASE
from pipelines.publish.pointer import Release, find_release
from pipelines.publish.restatement import Redefined, Restatement, restatements
from pipelines.sql import literal


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table whose content is not the same in both."""

    name: str
    old_rows: int | None
    """None where the earlier release has no such table."""
    new_rows: int | None


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """The later release as it differs from the earlier one."""

    old: Release
    new: Release
    breaks: list[Break]
    tables: list[TableChange]
    restated: list[Restatement]


def diff(published: Path, old_id: str, new_id: str, closes_after_days: int) -> ReleaseDiff:
    """Compare two releases on disk; periods count as closed so many days after their end.

    Raises:
        UnknownRelease: one of them is not there.
    """
    old, new = find_release(published, old_id), find_release(published, new_id)
    with duckdb.connect() as connection:
        for name, release in (("earlier", old), ("later", new)):
            connection.execute(f"attach {literal(release.path / DATABASE)} as {name} (read_only)")
        closed_before = old.as_of_on - timedelta(days=closes_after_days)
        # The later release knows what it was built with; what it meant is in today's list.
        known = [each for each in load_definitions() if each.name in new.manifest.definitions]
        moved = restatements(
            connection,
            "earlier",
            "later",
            closed_before,
            Redefined(changed_since(old.manifest, known), old.as_of_on),
        )
    return ReleaseDiff(
        old,
        new,
        list(differences(old.manifest, new.manifest.tables, new.manifest.batches, known)),
        _tables(old, new),
        moved,
    )


def _tables(old: Release, new: Release) -> list[TableChange]:
    before = {table.name: table for table in old.manifest.tables}
    after = {table.name: table for table in new.manifest.tables}
    changed = []
    for name in [*before, *(name for name in after if name not in before)]:
        was, is_ = before.get(name), after.get(name)
        if was is None or is_ is None or was.content_hash != is_.content_hash:
            changed.append(
                TableChange(name, was.n_rows if was else None, is_.n_rows if is_ else None)
            )
    return changed
