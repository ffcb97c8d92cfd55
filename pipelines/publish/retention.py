"""Remove old releases, never the current one nor the one before it."""

from __future__ import annotations

from pathlib import Path

from pipelines.publish.files import only_writer, remove_release
from pipelines.publish.pointer import (
    current,
    history,
    recover,
    release_ids,
    remember,
)

_FEWEST = 2


def prune(published: Path, keep: int) -> list[str]:
    """Keep the newest `keep` releases; returns the ids of those removed.

    The current release and those it could be rolled back to at once (the one it supersedes and
    the one that was current before it) stay even when they are older. Readers that have a
    removed release open keep reading it.
    """
    if keep < _FEWEST:
        raise ValueError(f"keep must be at least {_FEWEST}, not {keep}: a rollback needs one")
    with only_writer(published):
        recover(published)
        names = release_ids(published)
        protected = _protected(published) | set(names[-keep:])
        doomed = [name for name in names if name not in protected]
        for name in doomed:
            remove_release(published, name)
            remember(published, "pruned", name)
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
