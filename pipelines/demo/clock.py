"""Days and moments of the demo company: office hours, cuts, fiscal quarters, random draws.

Moments are naive UTC, as the CRM stores them; days are those of the company's time zone.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from pipelines.calendar import FiscalPeriod, fiscal_period

ZONE = ZoneInfo("America/New_York")
LATEST_MIDNIGHT = 5
"""Hour (UTC) from which on the day in the zone is that of UTC, all year."""
FISCAL_YEAR_STARTS_IN = 2
OPENING_HOUR = {"AMER": 13, "EMEA": 7, "APAC": 0}
"""First office hour of a region in UTC."""


def stream(seed: int, room: str) -> Random:
    """A generator of its own for each room, so that a change in one leaves the others alone."""
    return Random(f"{seed}/{room}")


@cache
def end_of_day(day: date) -> datetime:
    """The first moment (UTC) that is no longer `day` in the company's time zone."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZONE)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def local_day(moment: datetime) -> date:
    """The company's day of a moment."""
    day = moment.date()
    if moment.hour >= LATEST_MIDNIGHT:
        return day
    return day - timedelta(days=1) if moment < end_of_day(day - timedelta(days=1)) else day


def office_moment(rng: Random, day: date, region: str) -> datetime:
    """Some second of the working day of a region; a weekend becomes the Monday after it."""
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    second = int(rng.random() * 9.5 * 3600)
    return datetime.combine(day, time(OPENING_HOUR[region])) + timedelta(seconds=second)


@cache
def quarter(day: date) -> FiscalPeriod:
    """The fiscal quarter that holds `day`."""
    return fiscal_period(day, "quarter", year_starts_in=FISCAL_YEAR_STARTS_IN)


def quarter_end(day: date) -> date:
    """The last day of the fiscal quarter that holds `day`."""
    return quarter(day).next_starts_on - timedelta(days=1)


def lognormal(rng: Random, median: float, sigma: float) -> float:
    return median * math.exp(rng.gauss(0.0, sigma))
