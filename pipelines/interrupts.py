"""Ctrl-C and SIGTERM end a command within seconds, whatever it is doing.

A signal is raised as KeyboardInterrupt in the main thread, so that everything is put away in order.
That can take long, or go unheard: DuckDB and Polars look up when they please, threads of dbt are
waited for, and libraries take the exception for one of their own. So a thread of its own hears the
signal too and ends the process when it has not ended by itself; a command may be killed at any
moment without harm to what is published.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_SECONDS = 5.0
"""What a command has for putting things away before it is ended."""
_EXIT = 128

Heard = Callable[[signal.Signals], None]
_heard: list[signal.Signals] = []
_waiting: list[Heard] = []


def received() -> signal.Signals | None:
    """The first signal that came to end this process."""
    return _heard[0] if _heard else None


def end(told: signal.Signals) -> NoReturn:
    """End this process now, with the code a shell gives for a command that a signal ended.

    Not by an exception: at its exit Python waits for threads, and DuckDB for its queries.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(_EXIT + told)


def raise_if_received() -> None:
    """Go on only when nobody asked to end; for the places where a library kept the exception.

    Raises:
        KeyboardInterrupt: a signal came.
    """
    if _heard:
        raise KeyboardInterrupt


@contextmanager
def told_apart() -> Iterator[None]:
    """Whatever is raised after a signal came is of the signal.

    Raises:
        KeyboardInterrupt: in place of an exception that ends the block after a signal came.
    """
    try:
        yield
    except BaseException as error:
        if _heard and not isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


@contextmanager
def raised() -> Iterator[None]:
    """Signals raise KeyboardInterrupt in the main thread, whoever had them before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that was not made in Python and cannot be put back from here.
            if handler is not None:
                signal.signal(number, handler)


@contextmanager
def before_the_end(heard: Heard) -> Iterator[None]:
    """Call `heard` when a signal comes, from another thread than the main one.

    It is not waited for longer than the process lasts, and what it raises is nobody's concern.
    """
    _waiting.append(heard)
    try:
        yield
    finally:
        _waiting.remove(heard)


@contextmanager
def heeded(last_words: Heard) -> Iterator[None]:
    """Make signals end this process; for the entry point of a command, in the main thread.

    It has `GRACE_SECONDS` to end by itself; a second signal ends it at once.

    Args:
        last_words: called before the process is ended by force.
    """
    listening, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(listening, last_words), daemon=True).start()
    try:
        with raised():
            yield
    finally:
        if not _heard:
            signal.set_wakeup_fd(before)
            told.close()


def _raise(number: int, _frame: FrameType | None) -> None:
    _heard.append(signal.Signals(number))
    raise KeyboardInterrupt


def _listen(listening: socket.socket, last_words: Heard) -> None:
    while not _heard:
        number = listening.recv(1)
        if not number:
            return
        if number[0] in SIGNALS:
            _heard.append(signal.Signals(number[0]))
    for heard in tuple(_waiting):
        threading.Thread(target=_in_peace, args=(heard, _heard[0]), daemon=True).start()
    listening.settimeout(GRACE_SECONDS)
    with suppress(TimeoutError):
        listening.recv(1)
    last_words(_heard[0])
    end(_heard[0])


def _in_peace(heard: Heard, told: signal.Signals) -> None:
    with suppress(Exception):
        heard(told)
