"""Remove old releases, never one that somebody may still need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.publish.files import only_writer, remove_release
from pipelines.publish.pointer import (
    Step,
    current,
    history,
    pins,
    recover,
    release_ids,
    remember,
)

_FEWEST = 2


def prune(
    published: Path,
    keep: int,
    grace: timedelta = timedelta(0),
    *,
    now: datetime | None = None,
    on_step: Step = lambda _: None,
) -> list[str]:
    """Keep the newest `keep` releases; returns the ids of those removed.

    However old they are, these stay: the current release and those it could be rolled back to at
    once (the one it supersedes and the one that was current before it), every pinned one, and every
    one that was published or rolled back to less than `grace` ago. Readers that have a removed
    release open keep reading it.
    """
    if keep < _FEWEST:
        raise ValueError(f"keep must be at least {_FEWEST}, not {keep}: a rollback needs one")
    with only_writer(published):
        recover(published)
        names = release_ids(published)
        protected = _protected(published) | set(names[-keep:]) | pins(published).keys()
        protected |= _young(published, (now or datetime.now(UTC)) - grace)
        doomed = [name for name in names if name not in protected]
        for name in doomed:
            remove_release(published, name)
            on_step(f"removed {name}")
            remember(published, "pruned", name)
            on_step(f"logged {name}")
    return doomed


def _protected(published: Path) -> set[str]:
    now = current(published)
    if now is None:
        # Without a pointer nobody knows which release a person would want back.
        return set(release_ids(published))
    names = {now.release_id, now.manifest.supersedes}
    flips = [e for e in history(published) if e.get("event") in ("published", "rolled_back")]
    if flips and flips[-1].get("release_id") == now.release_id:
        names.add(flips[-1].get("before"))
    return {name for name in names if name}


def _young(published: Path, since: datetime) -> set[str]:
    """Releases that readers got after a moment, by the log; what it cannot date is young."""
    names = set()
    for event in history(published):
        if event.get("event") not in ("published", "rolled_back"):
            continue
        try:
            at = datetime.fromisoformat(str(event.get("at")))
        except ValueError:
            names.add(str(event.get("release_id")))
            continue
        if at > since:
            names.add(str(event.get("release_id")))
    return names
