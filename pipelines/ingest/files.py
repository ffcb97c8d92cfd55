"""Only plain files are read and written in the landing folder: no links, pipes or devices.

Whoever may put something into an inbox must not be able to have another file read or overwritten,
or to let a run wait for ever. Names are looked at without following them, and opened so that what
was put in their place meanwhile is noticed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from pipelines.ingest.errors import FileRefused

_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def printable(text: str) -> str:
    """The text with whatever a terminal or a log would act on written out, such as `\\n`."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def no_file(path: Path) -> str | None:
    """What there is in place of a plain file, such as 'a link'; None for a file."""
    return _kind(path.lstat().st_mode)


def no_folder(path: Path) -> str | None:
    """What there is in place of a folder; None for a folder, or where there is nothing."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        return None
    return _kind(mode) or "a file"


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A plain file, opened to read bytes.

    Raises:
        FileRefused: it is none, or has become something else since it was looked at.
    """
    try:
        # A pipe without a writer would wait for one; a link is an error of its own.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        with suppress(OSError):
            if kind := no_file(path):
                raise FileRefused(f"{path.name} is {kind}, not a file. Move it away.") from error
        raise
    with os.fdopen(descriptor, "rb") as stream:
        if kind := _kind(os.fstat(descriptor).st_mode):
            raise FileRefused(f"{path.name} is {kind}, not a file. Move it away.")
        yield stream


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `target` when it is complete and on the disk.

    It has a name of its own that nobody else can have made before; a target that is a link is
    replaced, not followed.
    """
    descriptor, name = mkstemp(
        prefix=f".{target.name[:100]}.", suffix=".landing", dir=target.parent
    )
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _kind(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
