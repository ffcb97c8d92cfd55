"""Notices that have not arrived yet: a file each in the folder `outbox` of the warehouse folder.

A notice is on the disk before anybody is told, and stays there until every address that asked for
it has taken it. One that was sent just before the process was killed is sent again: twice is better
than never.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock, Timeout

from pipelines.settings import Company, NotificationTarget

OUTBOX = "outbox"
LONGEST_WAIT = timedelta(hours=1)
"""Between two attempts at an address that does not answer; the first comes after a minute."""

Send = Callable[[str, Mapping[str, Any]], bool]
"""Sends a notice to an address; false where it was not taken."""


def put(company: Company, entry: Mapping[str, Any]) -> None:
    """Keep a notice for every address that asks for its kind."""
    waiting = [_key(target) for target in company.notifications if entry["kind"] in target.on]
    if waiting:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}.json"
        _write(folder(company) / name, {"notice": entry, "waiting": waiting, "n_tries": 0})


def empty(company: Company, send: Send, *, all_of_them: bool = False) -> int:
    """Send what is due, the oldest first; how many notices are still waiting.

    An address that the company file no longer has is waited for no longer. Only one process
    empties the outbox at a time; another one finds nothing to do.

    Args:
        all_of_them: also those whose next attempt is not due yet.
    """
    if not (place := folder(company)).is_dir():
        return 0
    now = datetime.now(UTC)
    try:
        with FileLock(place / ".lock", blocking=False):
            for file in _files(place):
                kept = json.loads(file.read_text("utf-8"))
                due = datetime.fromisoformat(kept["next_at"]) if "next_at" in kept else now
                if all_of_them or due <= now:
                    _try(company, file, kept, send)
    except Timeout:
        pass
    return len(_files(place))


def folder(company: Company) -> Path:
    return company.paths.warehouse / OUTBOX


def _try(company: Company, file: Path, kept: dict[str, Any], send: Send) -> None:
    addresses = {_key(target): target.url for target in company.notifications}
    for key in [key for key in kept["waiting"] if key not in addresses]:
        kept["waiting"].remove(key)
    for key in list(kept["waiting"]):
        if send(addresses[key], kept["notice"]):
            kept["waiting"].remove(key)
            _write(file, kept)
    if not kept["waiting"]:
        file.unlink()
        return
    wait = min(timedelta(minutes=2 ** min(kept["n_tries"], 10)), LONGEST_WAIT)
    kept |= {"n_tries": kept["n_tries"] + 1, "next_at": (datetime.now(UTC) + wait).isoformat()}
    _write(file, kept)


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*.json"))


def _key(target: NotificationTarget) -> str:
    """An address may hold a password, so that only its hash is written down."""
    return sha256(target.url.encode()).hexdigest()[:16]


def _write(file: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, and on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
