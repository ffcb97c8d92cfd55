"""Which release is current, which there are, what happened to them, and going back to one.

A release is made in `release.py`; here the pointer `current` moves and `log.jsonl` remembers it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pipelines.publish.errors import PublishError, UnknownRelease
from pipelines.publish.files import (
    CURRENT,
    RELEASES,
    TEMPORARY,
    only_writer,
    point_to,
    remove_leftovers,
    remove_release,
)
from pipelines.publish.manifest import Manifest, read_manifest, verify_files

LOG = "log.jsonl"
Event = Literal["publishing", "published", "rolled_back", "pruned"]


@dataclass(frozen=True, slots=True)
class Release:
    """A release on disk."""

    path: Path
    """Its real folder, never the pointer."""
    manifest: Manifest

    @property
    def release_id(self) -> str:
        return self.manifest.release_id

    @property
    def created_at(self) -> datetime:
        return self.manifest.created_at

    @property
    def as_of_on(self) -> date:
        return self.manifest.as_of_on

    @property
    def decision(self) -> str:
        return self.manifest.decision


def release_at(folder: Path) -> Release:
    """The release in a folder."""
    return Release(path=folder.resolve(), manifest=read_manifest(folder.resolve()))


def current(published: Path) -> Release | None:
    """The release readers get; None before the first one."""
    link = published / CURRENT
    if not link.is_symlink():
        return None
    folder = link.resolve()
    if not folder.is_dir():
        raise PublishError(
            f"{link} points to {folder}, which does not exist: "
            f"roll back to one of: {_listed(published)}"
        )
    return release_at(folder)


def release_ids(published: Path) -> list[str]:
    """Names of the releases on disk, oldest first."""
    folders = (published / RELEASES).glob("*")
    return sorted(f.name for f in folders if f.is_dir() and not f.name.startswith(TEMPORARY))


def list_releases(published: Path) -> list[Release]:
    """The releases on disk, oldest first."""
    return [release_at(published / RELEASES / name) for name in release_ids(published)]


def find_release(published: Path, release_id: str) -> Release:
    """One release by its id.

    Raises:
        UnknownRelease: there is none of that name; the message lists those there are.
    """
    if release_id not in release_ids(published):
        raise UnknownRelease(
            f"release '{release_id}' is not in {published}: known are {_listed(published)}"
        )
    return release_at(published / RELEASES / release_id)


def rollback(published: Path, release_id: str) -> Release:
    """Make a release the current one again, after checking that it is whole."""
    with only_writer(published):
        recover(published)
        release = find_release(published, release_id)
        verify_files(release.path)
        before = current_id(published)
        point_to(published, release_id)
        remember(published, "rolled_back", release_id, before=before)
    return release


def current_id(published: Path) -> str | None:
    """Name the pointer holds, without asking whether that release is any good."""
    link = published / CURRENT
    return link.readlink().name if link.is_symlink() else None


def history(published: Path) -> list[dict[str, Any]]:
    """What happened here, oldest first; a line cut off by a crash is left out."""
    try:
        lines = (published / LOG).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    events: list[dict[str, Any]] = []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            events.append(event)
    return events


def remember(published: Path, event: Event, release_id: str, **details: str | None) -> None:
    """Append one event to the log and force it to the disk."""
    entry = {"at": datetime.now(UTC).isoformat(), "event": event, "release_id": release_id}
    line = json.dumps({**entry, **details}) + "\n"
    with (published / LOG).open("a+b") as stream:
        if stream.tell() and not _ends_with_newline(stream):
            # The line before was cut off by a crash; it must not take this one along.
            line = "\n" + line
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())


def recover(published: Path) -> None:
    """Bring the folder back to a state between two publications; the caller holds the lock.

    A release that was finished but never became current is removed: nobody has seen it, and the
    run that made it was told nothing of success. One that did become current stays, and the log
    learns of it.
    """
    remove_leftovers(published)
    last = {str(e.get("release_id")): e for e in history(published) if e.get("event") != "pruned"}
    for name, event in last.items():
        if event.get("event") != "publishing":
            continue
        if name == current_id(published):
            remember(published, "published", name, before=event.get("before"))
        elif name in release_ids(published):
            remove_release(published, name)


def _ends_with_newline(stream: Any) -> bool:
    stream.seek(-1, os.SEEK_END)
    return bool(stream.read(1) == b"\n")


def _listed(published: Path) -> str:
    return ", ".join(release_ids(published)) or "none"
