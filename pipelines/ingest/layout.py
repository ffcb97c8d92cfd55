"""Where deliveries lie: `<landing>/<source>/<object>/<extract day>/<file as delivered>`.

Lists what is there and refuses what cannot be a delivery. Putting files there is `landing`'s work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.ingest.errors import IngestError, NothingLanded
from pipelines.ingest.files import no_file, no_folder, printable
from pipelines.ingest.personal import masked_text
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
    for entry in _folders(folder):
        if entry.name not in source.objects:
            raise IngestError(
                f"{printable(str(entry))} belongs to no object of {source.name}. Move it away; "
                "deliveries are put there by `salesops land`. Known objects: "
                f"{', '.join(source.objects)}"
            )
    found = {name: list(_of_object(company, folder, source, name)) for name in source.objects}
    if not any(found.values()):
        raise NothingLanded(
            f"{source.name}: no delivered file in {folder}. Land some first: "
            f"salesops land --company {company.file} --on YYYY-MM-DD PATH..."
        )
    return found


def check_calendar(company: Company, day: date, what: str) -> None:
    """Refuse a day that is no row of the company's calendar.

    Raises:
        IngestError: names the day and the calendar.
    """
    first, last = company.policies.calendar_from, company.policies.calendar_to
    if not first <= day <= last:
        raise IngestError(
            f"{what} is outside the company's calendar, {first} to {last}. If it is no slip, widen "
            "`calendar_from` or `calendar_to` under `policies` in the company file"
        )


def landed_days(company: Company) -> list[date]:
    """Every extract day that has a delivery of an enabled source, in order."""
    days: set[date] = set()
    for source in company.sources:
        for folder in _folders(company.paths.landing / source):
            days.update(_day(entry) for entry in _folders(folder) if _visible(entry))
    return sorted(days)


def _of_object(company: Company, folder: Path, source: Source, name: str) -> Iterator[Delivery]:
    for entry in _folders(folder / name):
        day = _day(entry)
        check_calendar(company, day, str(entry))
        files = tuple(_visible(entry))
        for path in files:
            _check_file(source, name, path)
        if files:
            yield Delivery(name, day, files)


def _check_file(source: Source, name: str, path: Path) -> None:
    shown = printable(str(path))
    if kind := no_file(path):
        raise IngestError(f"{shown} is {kind}, not a delivered file. Move it away.")
    if not source.objects[name].matches(path.name):
        raise IngestError(
            f"{shown} is no file of {source.name}/{name}, which comes as "
            f"{', '.join(source.objects[name].files)}. Move it away."
        )
    if not path.name.isprintable():
        raise IngestError(f"{shown} has characters that cannot be shown in its name. Rename it.")
    if (known_as := masked_text(path.name)) != path.name:
        raise IngestError(
            f"{path.parent}/{known_as} has personal data in its name, which every row of it would "
            "cite. Rename it."
        )


def _day(folder: Path) -> date:
    try:
        day = date.fromisoformat(folder.name)
    except ValueError:
        day = None
    if day is None or day.isoformat() != folder.name:
        raise IngestError(
            f"{printable(str(folder))} is no folder of an extract day (YYYY-MM-DD). Move it away."
        )
    return day


def _folders(folder: Path) -> list[Path]:
    """What is in a folder, all of which must be folders themselves."""
    entries = _visible(folder)
    for entry in entries:
        if kind := no_folder(entry):
            raise IngestError(
                f"{printable(str(entry))} is {kind}, not a folder of deliveries. Move it away; "
                "deliveries are put there by `salesops land`."
            )
    return entries


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, by name, without hidden entries; nothing where there is no folder."""
    if kind := no_folder(folder):
        raise IngestError(f"{folder} is {kind}, not a folder of deliveries. Move it away.")
    if not folder.exists():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
