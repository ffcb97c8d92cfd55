"""Which build is to be published under which name, and what was decided about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipelines.quality.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """Which build is to be published, and what was decided about it."""

    release_id: str
    company: str
    build_id: str
    """Build the warehouse holds now."""
    verdict: Verdict
    verdict_build_id: str
    """Build the verdict was given about."""
    created_at: datetime
    code_commit: str | None
    currency: str
    time_zone: str
    as_of_on: date
    definitions: tuple[str, ...] = ()
    """Changes of definition the build was made with, by name."""


def make_release_id(now_utc: datetime, build_id: str) -> str:
    """A name that sorts by time and tells two builds of the same second apart."""
    if now_utc.tzinfo is None:
        raise ValueError("now_utc must carry a time zone")
    # Hashed, since build ids may share their beginning or hold other characters.
    digest = hashlib.sha256(build_id.encode()).hexdigest()[:8]
    return f"{now_utc.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}"
