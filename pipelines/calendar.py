"""Fiscal periods and days, as pure functions of a date and the fiscal year's first month.

All periods are half-open: `[starts_on, next_starts_on)` (METRICS C2). A fiscal year is named for
the calendar year in which it ends, so the year that starts in February 2025 is FY2026 and one
that starts in January is the calendar year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

PeriodType = Literal["month", "quarter", "year"]
MONTHS: dict[PeriodType, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, order=True)
class FiscalPeriod:
    """One fiscal month, quarter or year."""

    starts_on: date
    next_starts_on: date
    period_type: PeriodType
    fiscal_year: int
    number: int
    """Position in the fiscal year, from 1."""

    @property
    def label(self) -> str:
        """`FY2026`, `FY2026-Q3` or `FY2026-M07`; the period's key."""
        if self.period_type == "year":
            return f"FY{self.fiscal_year}"
        if self.period_type == "quarter":
            return f"FY{self.fiscal_year}-Q{self.number}"
        return f"FY{self.fiscal_year}-M{self.number:02d}"

    @property
    def n_days(self) -> int:
        return (self.next_starts_on - self.starts_on).days

    @property
    def n_weekdays(self) -> int:
        """Mondays to Fridays in the period; public holidays are not known here."""
        return sum(day.weekday() < 5 for day in days(self.starts_on, self.next_starts_on))


def fiscal_period(day: date, period_type: PeriodType, *, year_starts_in: int) -> FiscalPeriod:
    """The fiscal period of the given type that holds `day`."""
    if not 1 <= year_starts_in <= 12:
        raise ValueError(f"a fiscal year starts in month 1 to 12, not {year_starts_in}")
    length = MONTHS[period_type]
    months_in = (day.month - year_starts_in) % 12
    number = months_in // length
    year_start = _add_months(day.replace(day=1), -months_in)
    starts_on = _add_months(year_start, number * length)
    return FiscalPeriod(
        starts_on=starts_on,
        next_starts_on=_add_months(starts_on, length),
        period_type=period_type,
        fiscal_year=_add_months(year_start, 11).year,
        number=number + 1,
    )


def fiscal_periods(
    first: date, last: date, period_type: PeriodType, *, year_starts_in: int
) -> Iterator[FiscalPeriod]:
    """Every period of the type that has a day in `[first, last]`, in order, without gaps."""
    day = first
    while day <= last:
        period = fiscal_period(day, period_type, year_starts_in=year_starts_in)
        yield period
        day = period.next_starts_on


def days(first: date, end: date) -> Iterator[date]:
    """Every day in the half-open range `[first, end)`."""
    for offset in range((end - first).days):
        yield first + timedelta(days=offset)


def _add_months(first_of_month: date, months: int) -> date:
    ordinal = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(ordinal // 12, ordinal % 12 + 1, 1)
