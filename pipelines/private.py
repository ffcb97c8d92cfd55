"""Folders and files that are nobody's but the pipeline's: rows as they were delivered lie in them.

What is published has modes of its own (`publish.files`); everything else is for the owner alone.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
_OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make a folder for the owner alone, where there is none; those above it are left to others."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def close_to_others(folder: Path) -> None:
    """Take from others what they may do with a folder and all that is in it.

    What belongs to another user, or goes while it is looked at, is left as it is.
    """
    for parent, _, names in os.walk(folder):
        _close(Path(parent), FOLDER_MODE)
        for name in names:
            _close(Path(parent, name), FILE_MODE)


def _close(path: Path, mode: int) -> None:
    try:
        found = path.lstat()
        if found.st_mode & _OTHERS and not stat.S_ISLNK(found.st_mode):
            path.chmod(mode)
    except (FileNotFoundError, PermissionError):
        return
