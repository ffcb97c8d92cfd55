"""Which release is current, which there are, what happened to them, and going back to one.

A release is made in `release.py`; here the pointer `current` moves and `log.jsonl` remembers it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
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
Step = Callable[[str], None]
"""Told the name of every step when it is done."""
Event = Literal["publishing", "published", "rolled_back", "pruned", "pinned", "unpinned", "healed"]


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
    """Names of the releases on disk, in the order in which they were published.

    Not in the order of their names, which carry the time: a clock may have been set back.
    """
    order: dict[str, int] = {}
    for number, event in enumerate(history(published)):
        if event.get("event") in ("publishing", "published"):
            order.setdefault(str(event.get("release_id")), number)
    folders = (published / RELEASES).glob("*")
    names = (f.name for f in folders if f.is_dir() and not f.name.startswith(TEMPORARY))
    return sorted(names, key=lambda name: (order.get(name, -1), name))


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


def rollback(published: Path, release_id: str, on_step: Step = lambda _: None) -> Release:
    """Make a release the current one again, after checking that it is whole."""
    with only_writer(published):
        recover(published)
        release = find_release(published, release_id)
        verify_files(release.path)
        on_step("verified")
        before = current_id(published)
        point_to(published, release_id)
        on_step("flipped")
        remember(published, "rolled_back", release_id, before=before)
        on_step("logged")
    return release


def pin(published: Path, release_id: str, reason: str) -> Release:
    """Keep a release until it is unpinned, however old it gets."""
    if not reason.strip():
        raise PublishError("say why the release is kept; whoever cleans up will ask")
    with only_writer(published):
        release = find_release(published, release_id)
        remember(published, "pinned", release_id, reason=reason.strip())
    return release


def unpin(published: Path, release_id: str) -> Release:
    """Let a release go when its time comes.

    Raises:
        PublishError: it is not pinned.
    """
    with only_writer(published):
        release = find_release(published, release_id)
        if release_id not in pins(published):
            raise PublishError(f"release {release_id} is not pinned")
        remember(published, "unpinned", release_id)
    return release


def pins(published: Path) -> dict[str, str]:
    """The pinned releases and why they are."""
    found: dict[str, str] = {}
    for event in history(published):
        name = str(event.get("release_id"))
        if event.get("event") == "pinned":
            found[name] = str(event.get("reason", ""))
        elif event.get("event") in ("unpinned", "pruned"):
            found.pop(name, None)
    return found


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
    last = {
        str(e.get("release_id")): e
        for e in history(published)
        if e.get("event") in ("publishing", "published", "rolled_back")
    }
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
