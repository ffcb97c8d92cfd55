"""What a machine's disk says, in the words of whoever has to make room.

Python, DuckDB and SQLite each have their own exception for a disk that is full or may not be
written; none of them says what to do, and each would be shown as a traceback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FULL = re.compile(
    r"no space left on device|disk is full|disk quota exceeded|file too large|errno (28|122|27)\b",
    re.IGNORECASE,
)
_FAILING = re.compile(r"disk i/o error|input/output error|errno 5\b", re.IGNORECASE)
"""SQLite says this of a full disk as well, where it cannot make its second file larger."""
_CLOSED = re.compile(
    r"read-only file system|readonly database|permission denied|unable to open database file"
    r"|errno (13|30)\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"""['"](/[^'"]+)['"]""")


def told(text: str) -> str:
    """A sentence for an error's text that speaks of the disk; empty where it does not."""
    path = _PATH.search(text)
    of_path = f" at {path[1]}" if path else ""
    if _FULL.search(text):
        return (
            f"the disk is full{of_path}. Free some space in the folders of the company file and "
            "run again; what is published stays as it is."
        )
    if _FAILING.search(text):
        return (
            f"the disk is full or damaged{of_path}. Look at it with df -h and in the system's log, "
            "and run again; what is published stays as it is."
        )
    if _CLOSED.search(text):
        return (
            f"the disk cannot be written{of_path}. Give this user the right to write the folders "
            "of the company file and run again; what is published stays as it is."
        )
    return ""


def told_by(error: BaseException) -> str:
    """The same for an exception and those that led to it."""
    return next((said for each in _chain(error) if (said := told(str(each)))), "")


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__
