"""Full extracts of which the company file says that what they lack is really deleted.

`accepted_changes` names one as `deletes/<source>.<object>/<extract day>`. The extract's day counts,
not today's, so that the same landing folder and company file always give the same raw log.
"""

from __future__ import annotations

import difflib
from datetime import date

from pipelines.ingest.sources import enabled_sources
from pipelines.settings import Company, ConfigurationError

PREFIX = "deletes/"


def subject(source: str, name: str, day: date) -> str:
    """How the company file names an extract whose deletes are meant."""
    return f"{PREFIX}{source}.{name}/{day}"


def deletes_are_meant(company: Company, source: str, name: str, day: date) -> bool:
    """Does the company file say so of this extract?"""
    wanted = subject(source, name, day)
    return any(each.change == wanted and day <= each.until for each in company.accepted_changes)


def check_accepted(company: Company) -> None:
    """Refuse accepted deletes that name no object or no day.

    Raises:
        ConfigurationError: names the first, and the nearest object.
    """
    known = [
        f"{PREFIX}{source.name}.{name}"
        for source in enabled_sources(company).values()
        for name in source.objects
    ]
    for change in (each.change for each in company.accepted_changes):
        if not change.startswith(PREFIX):
            continue
        stem, _, day = change.rpartition("/")
        if stem in known and _is_day(day):
            continue
        near = difflib.get_close_matches(change, known, n=1)
        hint = f", such as {near[0]}/2026-03-29" if near else ""
        raise ConfigurationError(
            f"{company.file}: accepted_changes names '{change}'; accepted deletes are "
            f"{PREFIX}<source>.<object>/<extract day> of an enabled source{hint}"
        )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
