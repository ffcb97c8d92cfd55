"""Put delivered files into the landing folder, exactly as they are.

Files are matched to objects by their names; what they hold is checked when they are loaded.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.ingest.errors import LandingError
from pipelines.ingest.layout import day_folder
from pipelines.ingest.sources import enabled_sources
from pipelines.settings import Company


@dataclass(frozen=True)
class LandedFile:
    """A delivered file and the place it has in the landing folder."""

    path: Path
    source: str
    object: str
    target: Path


@dataclass(frozen=True)
class LandingReport:
    """What became of the files of a delivery."""

    matched: list[LandedFile] = field(default_factory=list)
    """Newly put there, or put in place of an earlier file."""
    unmatched: list[Path] = field(default_factory=list)
    """Files of no object of an enabled source; left alone."""
    unchanged: list[LandedFile] = field(default_factory=list)
    """There already with the same content."""


def land(
    company: Company, on: date, paths: Sequence[Path], *, replace: bool = False
) -> LandingReport:
    """Take files, and the files of folders, as the extract of day `on`.

    All files are checked before the first one is copied. A different file under the same name
    and day is a corrected delivery and needs `replace`.

    Raises:
        LandingError: a path is missing, a file is empty or of two sources, nothing matches any
            object, or a corrected delivery came without `replace`.
    """
    matched: list[LandedFile] = []
    unmatched: list[Path] = []
    for path in _files(paths):
        landed = _match(company, on, path)
        if landed is None:
            unmatched.append(path)
        else:
            matched.append(landed)
    _check(company, matched, unmatched)
    unchanged = [item for item in matched if _is_there(item)]
    new = [item for item in matched if item not in unchanged]
    corrected = [item for item in new if item.target.exists()]
    if corrected and not replace:
        raise LandingError(
            f"{len(corrected)} files of {on} are in the landing folder already with other content "
            f"(first: {corrected[0].target}). If this is a corrected delivery, land it again "
            "with --replace."
        )
    for item in new:
        _copy(item.path, item.target)
    return LandingReport(new, unmatched, unchanged)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                inner
                for inner in path.rglob("*")
                if inner.is_file()
                and not any(part.startswith(".") for part in inner.relative_to(path).parts)
            )
        elif path.is_file():
            yield path
        else:
            raise LandingError(f"{path}: there is no such file or folder")


def _match(company: Company, on: date, path: Path) -> LandedFile | None:
    hits = [
        (source.name, name)
        for source in enabled_sources(company).values()
        for name, described in source.objects.items()
        if described.matches(path.name)
    ]
    if len(hits) > 1:
        both = " and ".join(f"{source}/{name}" for source, name in hits)
        raise LandingError(
            f"{path} could be a file of {both}. Enable one of the sources, or make the file "
            "patterns of their contracts differ."
        )
    if not hits:
        return None
    source, name = hits[0]
    return LandedFile(path, source, name, day_folder(company, source, name, on) / path.name)


def _check(company: Company, matched: list[LandedFile], unmatched: list[Path]) -> None:
    if not matched:
        example = f" (first: {unmatched[0]})" if unmatched else ""
        patterns = ", ".join(
            f"{source.name}: {' '.join(p for o in source.objects.values() for p in o.files)}"
            for source in enabled_sources(company).values()
        )
        raise LandingError(
            f"none of {len(unmatched)} files is of an enabled source{example}. Known file names: "
            f"{patterns}"
        )
    empty = [item.path for item in matched if item.path.stat().st_size == 0]
    if empty:
        raise LandingError(
            f"{len(empty)} files are empty, without even a header (first: {empty[0]}). The export "
            "failed; an object without records has a header line."
        )
    targets: dict[Path, Path] = {}
    for item in matched:
        other = targets.setdefault(item.target, item.path)
        if other != item.path:
            raise LandingError(
                f"{other} and {item.path} are both {item.source}/{item.object} {item.path.name} "
                "of one day. Land only the right one."
            )


def _is_there(item: LandedFile) -> bool:
    return item.target.exists() and filecmp.cmp(item.path, item.target, shallow=False)


def _copy(path: Path, target: Path) -> None:
    """Copy so that the file is never seen half written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.landing")
    with path.open("rb") as source, unfinished.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
    unfinished.replace(target)
