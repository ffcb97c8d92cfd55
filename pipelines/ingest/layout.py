"""Where deliveries lie: `<landing>/<source>/<object>/<extract day>/<file as delivered>`.

Lists what is there and refuses what cannot be a delivery. Putting files there is `landing`'s work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.ingest.errors import IngestError, NothingLanded
from pipelines.ingest.sources import Source
from pipelines.settings import Company


@dataclass(frozen=True)
class Delivery:
    """What was delivered of one object for one extract day."""

    object: str
    day: date
    files: tuple[Path, ...]
    """Sorted by name."""


def day_folder(company: Company, source: str, name: str, day: date) -> Path:
    return company.paths.landing / source / name / day.isoformat()


def deliveries(company: Company, source: Source) -> dict[str, list[Delivery]]:
    """All deliveries of a source by object, each object's in the order of the extract days.

    Raises:
        NothingLanded: there is no landing folder, or no file of the source in it.
        IngestError: something lies there that no contract explains.
    """
    folder = company.paths.landing / source.name
    for entry in _visible(folder):
        if entry.name not in source.objects:
            raise IngestError(
                f"{entry} belongs to no object of {source.name}. Move it away; deliveries are put "
                f"there by `salesops land`. Known objects: {', '.join(source.objects)}"
            )
    found = {name: list(_of_object(folder, source, name)) for name in source.objects}
    if not any(found.values()):
        raise NothingLanded(
            f"{source.name}: no delivered file in {folder}. Land some first: "
            f"salesops land --company {company.file} --on YYYY-MM-DD PATH..."
        )
    return found


def landed_days(company: Company) -> list[date]:
    """Every extract day that has a delivery of an enabled source, in order."""
    days: set[date] = set()
    for source in company.sources:
        for folder in _visible(company.paths.landing / source):
            days.update(_day(entry) for entry in _visible(folder) if _visible(entry))
    return sorted(days)


def _of_object(folder: Path, source: Source, name: str) -> Iterator[Delivery]:
    for entry in _visible(folder / name):
        files = tuple(_visible(entry))
        strange = [path for path in files if not source.objects[name].matches(path.name)]
        if strange:
            raise IngestError(
                f"{strange[0]} is no file of {source.name}/{name}, which comes as "
                f"{', '.join(source.objects[name].files)}. Move it away."
            )
        if files:
            yield Delivery(name, _day(entry), files)


def _day(folder: Path) -> date:
    try:
        day = date.fromisoformat(folder.name)
    except ValueError:
        day = None
    if day is None or day.isoformat() != folder.name or not folder.is_dir():
        raise IngestError(f"{folder} is no folder of an extract day (YYYY-MM-DD). Move it away.")
    return day


def _visible(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
