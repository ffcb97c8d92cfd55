"""Who is in a quota-bearing seat when, on which plan and ramp, and what that makes of a quota.

A new seller's quota is a full one on paper; a ramp by month and the days in seat say how much of it
counts. Who is hired and who leaves is decided in `organisation`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from pipelines.calendar import FiscalPeriod
from pipelines.demo.people import Organisation, Person

RAMP = "AE-RAMP"
RAMP_STEPS = {1: Fraction(1, 4), 2: Fraction(1, 2), 3: Fraction(3, 4)}
"""Share of a full quota by month, from the first whole month in seat; everything after the last."""
SELLER_PLAN, MANAGER_PLAN = "AE-PLAN", "LEAD-PLAN"
SMALLEST_SHARE = Fraction(1, 8)
"""A quota of which less counts is set as what it comes to, without ramp."""


@dataclass(frozen=True)
class Tier:
    """A band of attainment and what is paid in it."""

    plan_id: str
    measure: str
    lower_pct: str
    upper_pct: str
    commission_pct: str
    kind: str


TIERS = (
    Tier(SELLER_PLAN, "bookings", "0", "1", "0.08", "marginal"),
    Tier(SELLER_PLAN, "bookings", "1", "1.25", "0.12", "marginal"),
    Tier(SELLER_PLAN, "bookings", "1.25", "", "0.16", "marginal"),
    Tier(MANAGER_PLAN, "team_bookings", "0.6", "0.9", "0.01", "retroactive"),
    Tier(MANAGER_PLAN, "team_bookings", "0.9", "", "0.015", "retroactive"),
)


@dataclass(frozen=True)
class Seat:
    """A person's time in a seat: `[valid_from, valid_to)`."""

    participant_id: str
    valid_from: date
    valid_to: date | None
    plan_id: str
    ramp_schedule_id: str = ""


def build_seats(organisation: Organisation, founded_on: date) -> list[Seat]:
    """Sellers and the managers of their teams; who was there from the start has no ramp."""
    seats = [
        Seat(
            seller.user_id,
            seller.hired_on,
            seller.left_on,
            SELLER_PLAN,
            RAMP if seller.hired_on > founded_on else "",
        )
        for seller in organisation.sellers
    ]
    for managers in organisation.managers.values():
        seats += [Seat(m.user_id, m.hired_on, m.left_on, MANAGER_PLAN) for m in managers]
    return seats


def seats_known(seats: list[Seat], day: date) -> list[Seat]:
    """Those that had begun by the end of a day; an end is not known before it comes."""
    return [
        seat if seat.valid_to is None or seat.valid_to <= day else replace(seat, valid_to=None)
        for seat in seats
        if seat.valid_from <= day
    ]


def counting_share(seller: Person, period: FiscalPeriod, founded_on: date) -> Fraction:
    """How much of a full quota counts in a period: by month, ramp times days in seat."""
    months = 0
    total = Fraction(0)
    day = period.starts_on
    while day < period.next_starts_on:
        following = (day + timedelta(days=31)).replace(day=1)
        begins = max(day, seller.hired_on)
        ends = min(following, seller.left_on or following)
        in_seat = Fraction(max(0, (ends - begins).days), (following - day).days)
        total += in_seat * _ramp(seller, day, founded_on)
        months += 1
        day = following
    return total / months


def days_share(seller: Person, period: FiscalPeriod) -> Fraction:
    """How much of a full quota counts without a ramp: the days in seat."""
    begins = max(period.starts_on, seller.hired_on)
    ends = min(period.next_starts_on, seller.left_on or period.next_starts_on)
    return Fraction(max(0, (ends - begins).days), period.n_days)


def is_ramping(seller: Person, period: FiscalPeriod, founded_on: date) -> bool:
    """Whether some month in seat of the period asks for less than everything."""
    day = period.starts_on
    while day < period.next_starts_on:
        following = (day + timedelta(days=31)).replace(day=1)
        if seller.hired_on < following and _ramp(seller, day, founded_on) < 1:
            return True
        day = following
    return False


def quota_in_force(full: int, share: Fraction) -> Decimal:
    """What counts of a full quota, to the cent."""
    exact = Decimal(full) * share.numerator / share.denominator
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _ramp(seller: Person, month: date, founded_on: date) -> Fraction:
    if seller.hired_on <= founded_on:
        return Fraction(1)
    hired_on = seller.hired_on
    months = (month.year - hired_on.year) * 12 + month.month - hired_on.month
    tenure = months + (1 if hired_on.day == 1 else 0)
    return Fraction(0) if tenure < 1 else RAMP_STEPS.get(tenure, Fraction(1))
