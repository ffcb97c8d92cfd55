"""The one door to a warehouse file: who opens it has its lock, waits for it, or learns who has it.

A DuckDB file has one writer, or many readers. A lock file beside it orders the processes of this
project, the file `warehouse.holder` says which of them it is, and a program that opened the file
past the lock is named as DuckDB names it. Within a process the door is open to everybody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from pipelines import interrupts
from pipelines.private import FILE_MODE, make_folder
from pipelines.settings import Settings

_OTHER = re.compile(r"held in (?P<program>.*?) \(PID (?P<number>\d+)\)")


class WarehouseBusy(Exception):  # noqa: N818 - it is a state, and the one who waits is told of it
    """Somebody else has the warehouse; says who, in one sentence, and what to do."""


@contextmanager
def held(file: Path, who: str = "", timeout_seconds: float | None = None) -> Iterator[str | None]:
    """Keep other processes from opening a warehouse file.

    Gives what the holder before said of itself where it ended without letting go: it was killed.

    Args:
        who: what others are told, such as `run 1a2b3c4d`; the process is named in any case.
        timeout_seconds: how long to wait; None for the machine's setting.

    Raises:
        WarehouseBusy: somebody else had it all the time.
    """
    make_folder(file.parent)
    lock = _lock(file)
    if lock.is_locked:
        with lock:
            yield None
        return
    holder = _holder(file)
    waits = Settings().lock_timeout_seconds if timeout_seconds is None else timeout_seconds
    try:
        lock.acquire(timeout=waits)
    except Timeout as error:
        raise WarehouseBusy(
            f"{_said(holder) or 'another run'} is writing {file}; only one run at a time can. "
            "Wait until it has ended and start again."
        ) from error
    except PermissionError as error:
        raise WarehouseBusy(
            f"{error.filename} may not be written by this user, so {file} cannot be opened: it is "
            "the pipeline's own, and another user's. Run as that one; readers open releases."
        ) from error
    try:
        left_behind = _said(holder)
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        holder.write_text(
            f"{who or 'another command'} (process {os.getpid()}, since {started})\n", "utf-8"
        )
        with interrupts.before_the_end(lambda _: holder.unlink(missing_ok=True)):
            yield left_behind
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def opened(file: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a warehouse file, closed at the end so that the next one can open it.

    Raises:
        WarehouseBusy: somebody else has it.
    """
    with held(file):
        try:
            connection = duckdb.connect(str(file), read_only=read_only)
        except duckdb.IOException as error:
            raise busy_or(file, error) from error
        with connection:
            if not read_only:
                file.chmod(FILE_MODE)
            yield connection


def busy_or(file: Path, error: duckdb.Error) -> Exception:
    """What DuckDB said, in words for whoever has to do something about it."""
    other = _OTHER.search(str(error))
    if other is None:
        return error
    return WarehouseBusy(
        f"{other['program']} (process {other['number']}) has {file} open; nobody else can while it "
        "has. Close it there and start again."
    )


def _lock(file: Path) -> FileLock:
    """The same for everybody in this process, whichever thread asks."""
    return FileLock(file.with_name("warehouse.lock"), thread_local=False, is_singleton=True)


def _holder(file: Path) -> Path:
    return file.with_name("warehouse.holder")


def _said(holder: Path) -> str | None:
    try:
        return holder.read_text("utf-8").strip() or None
    except FileNotFoundError:
        return None
