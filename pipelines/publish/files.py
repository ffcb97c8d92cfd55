"""Writing files so that they are still there after a power cut: sync, hash, link, lock.

Knows nothing of releases beyond the names of a published folder's parts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.publish.errors import PublishError

CURRENT = "current"
RELEASES = "releases"
TEMPORARY = ".tmp-"
_LOCK_SECONDS = 5.0


@contextmanager
def only_writer(published: Path) -> Iterator[None]:
    """Hold the published folder for writing; another process that holds it is named as such."""
    lock = FileLock(published / ".lock")
    try:
        (published / RELEASES).mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_SECONDS)
    except OSError as error:
        if isinstance(error, Timeout):
            raise _held(published, lock.lock_file) from error
        raise PublishError(
            f"{published} cannot be written ({error.strerror or error}): nothing was changed; give "
            "the user of the pipeline the right to write there, or free some space"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _held(published: Path, lock_file: str) -> PublishError:
    return PublishError(
        f"{published} is being changed by another process (it holds {lock_file}): "
        "wait until it is done, then try again"
    )


def sync(path: Path) -> None:
    """Force one file or folder entry to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def seal(folder: Path) -> None:
    """Make every file below read-only and force files and folders to the disk, leaves first."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            file = Path(parent) / name
            file.chmod(0o444)
            sync(file)
        sync(Path(parent))


def sha256(file: Path) -> str:
    """Hex digest of a file's content."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def point_to(published: Path, release_id: str) -> None:
    """Make a release the current one in a single step that no reader can see half done."""
    link = published / f"{TEMPORARY}{CURRENT}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(RELEASES) / release_id)
    link.replace(published / CURRENT)
    sync(published)


def remove_release(published: Path, release_id: str) -> None:
    """Take a release away whole: killed half-way, what is left no longer has its name."""
    folder = published / RELEASES / release_id
    doomed = folder.with_name(f"{TEMPORARY}removed-{release_id}")
    shutil.rmtree(doomed, ignore_errors=True)
    folder.rename(doomed)
    sync(folder.parent)
    shutil.rmtree(doomed)


def remove_leftovers(published: Path) -> list[str]:
    """Remove what a killed process left behind; returns the names."""
    found = sorted((published / RELEASES).glob(f"{TEMPORARY}*"))
    for folder in found:
        shutil.rmtree(folder)
    link = published / f"{TEMPORARY}{CURRENT}"
    if link.is_symlink():
        link.unlink()
        found.append(link)
    return [path.name for path in found]
