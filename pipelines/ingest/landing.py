"""Put delivered files into the landing folder, exactly as they are.

Files are matched to objects by their names; what they hold is checked when they are loaded.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.clock import shown_today, today
from pipelines.ingest.errors import LandingError
from pipelines.ingest.files import no_file, no_folder, opened, printable, written_whole
from pipelines.ingest.layout import check_calendar, day_folder, landed_days
from pipelines.ingest.personal import masked_text
from pipelines.ingest.sources import enabled_sources
from pipelines.private import make_folder
from pipelines.settings import Company

_BLOCK_BYTES = 1 << 20


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
    company: Company,
    on: date,
    paths: Sequence[Path],
    *,
    replace: bool = False,
    unusual_day: date | None = None,
) -> LandingReport:
    """Take files, and the files of folders, as the extract of day `on`.

    All files are checked before the first one is copied. A different file under the same name
    and day is a corrected delivery and needs `replace`; a day after today or far from the others is
    a slip unless it is named again as `unusual_day`.

    Raises:
        LandingError: the day is not believed, a path is missing or no plain file, a file is empty
            or of two sources, nothing matches any object, or a corrected delivery came without
            `replace`.
        IngestError: the day is outside the company's calendar, or something lies in the landing
            folder that no contract explains.
    """
    _check_day(company, on, unusual_day)
    matched: list[LandedFile] = []
    unmatched: list[Path] = []
    for path in files_of(company, paths):
        landed = matched_file(company, on, path)
        if landed is None:
            unmatched.append(path)
        else:
            matched.append(landed)
    _check(company, matched, unmatched)
    for item in matched:
        _check_place(item)
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


def _check_day(company: Company, on: date, unusual_day: date | None) -> None:
    check_calendar(company, on, f"the extract day {on}")
    if unusual_day is not None and unusual_day != on:
        raise LandingError(
            f"--unusual-day {unusual_day} names another day than --on {on}: give the day that is "
            "meant twice"
        )
    days = landed_days(company)
    if on == unusual_day or on in days:
        return
    again = f"If it is meant, name it again: --unusual-day {on}"
    if on > today(company):
        raise LandingError(f"{on} is still to come, {shown_today(company)}. {again}")
    if not days:
        return
    nearest = min(days, key=lambda day: abs(day - on))
    distance = abs((on - nearest).days)
    if distance > company.policies.extract_gap_days:
        raise LandingError(
            f"{on} is {distance:,} days from the nearest extract day, {nearest}; more than "
            f"{company.policies.extract_gap_days} (policies.extract_gap_days) look like a slip. "
            f"{again}"
        )


def files_of(company: Company, paths: Sequence[Path]) -> Iterator[Path]:
    """The files among the paths, and those of folders, hidden ones left out.

    Raises:
        LandingError: a path is missing or no plain file, or a folder is named like a file.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise LandingError(f"{printable(str(path))}: there is no such file or folder")
        if no_folder(path) is None:
            yield from _below(company, path)
        else:
            yield _plain(path)


def _below(company: Company, folder: Path) -> Iterator[Path]:
    """The files of a folder and of those in it, by name; hidden ones are left alone."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if no_folder(path) is not None:
            yield _plain(path)
        elif matched_file(company, date.min, path) is not None:
            raise LandingError(
                f"{printable(str(path))} is a folder that is named like a file. Land the files in "
                "it under their own names."
            )
        else:
            yield from _below(company, path)


def _plain(path: Path) -> Path:
    if kind := no_file(path):
        hint = " Land the file it points to." if path.is_symlink() else ""
        raise LandingError(
            f"{printable(str(path))} is {kind}, not a file; nothing was landed.{hint}"
        )
    return path


def matched_file(company: Company, on: date, path: Path) -> LandedFile | None:
    """The object a file is of, by its name; None where it is of none.

    Raises:
        LandingError: it could be of two.
    """
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


def _check_place(item: LandedFile) -> None:
    """The file's place must be one that `land` made, or nothing yet."""
    for folder in (item.target.parents[2], item.target.parents[1], item.target.parents[0]):
        if kind := no_folder(folder):
            raise LandingError(f"{folder} is {kind}, not a folder of deliveries. Move it away.")
    if os.path.lexists(item.target) and (kind := no_file(item.target)):
        raise LandingError(f"{item.target} is {kind}, not a delivered file. Move it away.")


def _check(company: Company, matched: list[LandedFile], unmatched: list[Path]) -> None:
    if not matched:
        example = f" (first: {printable(str(unmatched[0]))})" if unmatched else ""
        patterns = ", ".join(
            f"{source.name}: {' '.join(p for o in source.objects.values() for p in o.files)}"
            for source in enabled_sources(company).values()
        )
        raise LandingError(
            f"none of {len(unmatched)} files is of an enabled source{example}. Known file names: "
            f"{patterns}"
        )
    odd = [item.path for item in matched if not item.path.name.isprintable()]
    if odd:
        raise LandingError(
            f"{len(odd)} file names have characters that cannot be shown (first: "
            f"'{printable(odd[0].name)}'). Rename the file."
        )
    named = [name for item in matched if masked_text(name := item.path.name) != name]
    if named:
        raise LandingError(
            f"{len(named)} file names hold an address or a telephone number (first: "
            f"'{masked_text(named[0])}'), and every row of a file cites its name. Rename the file."
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
    if not item.target.exists() or item.target.stat().st_size != item.path.stat().st_size:
        return False
    with opened(item.path) as delivered, opened(item.target) as landed:
        while block := delivered.read(_BLOCK_BYTES):
            if block != landed.read(len(block)):
                return False
    return True


def _copy(path: Path, target: Path) -> None:
    """Copy so that the file is never seen half written."""
    for folder in reversed(target.parents[:4]):
        make_folder(folder)
    with opened(path) as source, written_whole(target) as copy:
        shutil.copyfileobj(source, copy, _BLOCK_BYTES)
