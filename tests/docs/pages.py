"""The project as a page of instructions changes it, and its commands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.settings import PROJECT_ROOT

BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: (?P<how>file|append)=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.M | re.S
)


def copied(folder: Path, *more: str) -> None:
    """The project, as far as instructions touch it."""
    for name in ("pipelines", "dbt_project", "expectations", "data", *more):
        shutil.copytree(
            PROJECT_ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns(
                "__pycache__", "target", "logs", "landing", "warehouse", "published"
            ),
        )


def follow(page: Path, folder: Path) -> None:
    """Write the files of the page, and add what it adds to others."""
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["how"] is None:
            continue
        path = folder / block["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if block["how"] == "append" else ""
        path.write_text(before + block["text"], encoding="utf-8")


def commands_of(page: Path) -> Iterator[list[str]]:
    """What the page has one type, without the name of the program."""
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["kind"] == "sh":
            for line in block["text"].splitlines():
                yield shlex.split(line)[1:]


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from pipelines.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            "SALESOPS_DAGSTER_STORAGE": str(folder / "dagster"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
