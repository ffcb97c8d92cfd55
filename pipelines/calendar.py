"""Fiscal periods and days, as pure functions of a date and of how a company cuts its years.

All periods are half-open: `[starts_on, next_starts_on)` (METRICS C2). A fiscal year is named for
the calendar year in which it ends, so the year that starts in February 2025 is FY2026 and one
that starts in January is the calendar year; `FiscalCalendar` knows the other ways as well: years
named for the one they start in, quarters of 4-4-5 weeks, and a table of periods.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Literal

PeriodType = Literal["month", "quarter", "year"]
MONTHS: dict[PeriodType, int] = {"month": 1, "quarter": 3, "year": 12}
NamedBy = Literal["last_day", "first_day"]
"""Which calendar year names a fiscal one: that of its last day or of its first."""
Weeks = Literal["4-4-5", "4-5-4", "5-4-4"]
"""Weeks of the three periods of a quarter."""
EndsNear = Literal["last", "nearest"]
"""A year of weeks ends on the last such weekday of its last month, or on the one nearest to that
month's end."""


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


@dataclass(frozen=True, order=True)
class FiscalMonth:
    """The smallest period of a fiscal year: a month, or four or five weeks."""

    starts_on: date
    next_starts_on: date
    fiscal_year: int
    quarter: int
    number: int
    """Position in the fiscal year, from 1."""


@dataclass(frozen=True)
class FiscalCalendar:
    """All fiscal periods that have a day in `[first, last]`.

    `months` follow each other without a gap and are those of whole years, as far as they are known.
    """

    first: date
    last: date
    months: tuple[FiscalMonth, ...]

    @classmethod
    def of_months(
        cls, first: date, last: date, *, year_starts_in: int, named_by: NamedBy = "last_day"
    ) -> FiscalCalendar:
        """Calendar months."""
        year, last_year = (
            fiscal_period(day, "year", year_starts_in=year_starts_in) for day in (first, last)
        )
        last_day = last_year.next_starts_on - timedelta(days=1)
        # A year that starts in January begins and ends in the same calendar year.
        earlier = 1 if named_by == "first_day" and year_starts_in > 1 else 0
        return cls(
            first,
            last,
            tuple(
                FiscalMonth(
                    each.starts_on,
                    each.next_starts_on,
                    each.fiscal_year - earlier,
                    (each.number + 2) // 3,
                    each.number,
                )
                for each in fiscal_periods(
                    year.starts_on, last_day, "month", year_starts_in=year_starts_in
                )
            ),
        )

    @classmethod
    def of_weeks(
        cls,
        first: date,
        last: date,
        *,
        year_starts_in: int,
        weeks: Weeks,
        ends_on: int,
        ends_near: EndsNear,
        named_by: NamedBy = "last_day",
    ) -> FiscalCalendar:
        """Periods of four and five weeks.

        A fiscal year is the one around the twelve months that begin with `year_starts_in`, and
        named by them. Its 53rd week belongs to its last period.

        Args:
            ends_on: weekday of the year's last day, 0 for Monday.
        """
        lengths = [int(n) for n in weeks.split("-")] * 4
        months = []
        for year in range(first.year - 2, last.year + 3):
            starts_on, next_starts_on = (
                _year_end(each, year_starts_in, ends_on, ends_near) + timedelta(days=1)
                for each in (year - 1, year)
            )
            name = year - 1 if named_by == "first_day" and year_starts_in > 1 else year
            start = starts_on
            for number, n_weeks in enumerate(lengths, start=1):
                end = start + timedelta(weeks=n_weeks) if number < 12 else next_starts_on
                months.append(FiscalMonth(start, end, name, (number + 2) // 3, number))
                start = end
        return cls(first, last, tuple(months))

    @classmethod
    def of_table(cls, first: date, last: date, months: Sequence[FiscalMonth]) -> FiscalCalendar:
        """The periods of a table.

        Raises:
            ValueError: one is empty, or does not begin where the one before ends, the years or
                quarters do not follow each other, or the span is not covered.
        """
        if not months:
            raise ValueError("it has no period")
        ordered = tuple(sorted(months))
        for each in ordered:
            if each.starts_on >= each.next_starts_on:
                raise ValueError(f"the period from {each.starts_on} ends on or before that day")
        for one, other in pairwise(ordered):
            if one.next_starts_on != other.starts_on:
                raise ValueError(
                    f"the period from {one.starts_on} ends before {one.next_starts_on}, and the "
                    f"next one begins on {other.starts_on}"
                )
            place, following = _place(one), _place(other)
            if following <= place:
                raise ValueError(
                    f"the period from {other.starts_on} is number {other.number} of quarter "
                    f"{other.quarter} of {other.fiscal_year}, after number {one.number} of "
                    f"quarter {one.quarter} of {one.fiscal_year}"
                )
        if first < ordered[0].starts_on or last >= ordered[-1].next_starts_on:
            raise ValueError(
                f"it has the days from {ordered[0].starts_on} up to {ordered[-1].next_starts_on}, "
                f"and the calendar goes from {first} to {last}: add periods, or set calendar_from "
                "and calendar_to under policies"
            )
        return cls(first, last, ordered)

    def periods(self, period_type: PeriodType) -> list[FiscalPeriod]:
        """Every period of the type that has a day of the span, in order."""
        found = []
        for (year, number), some in groupby(self.months, lambda each: _number(each, period_type)):
            months = list(some)
            found.append(
                FiscalPeriod(
                    months[0].starts_on, months[-1].next_starts_on, period_type, year, number
                )
            )
        return [p for p in found if p.starts_on <= self.last and p.next_starts_on > self.first]


def _place(month: FiscalMonth) -> tuple[int, int, int]:
    return month.fiscal_year, month.quarter, month.number


def _number(month: FiscalMonth, period_type: PeriodType) -> tuple[int, int]:
    numbers = {"month": month.number, "quarter": month.quarter, "year": 1}
    return month.fiscal_year, numbers[period_type]


def _year_end(year: int, year_starts_in: int, weekday: int, ends_near: EndsNear) -> date:
    """Last day of the fiscal year of weeks whose twelve months end in the calendar year."""
    month = (year_starts_in - 2) % 12 + 1
    month_end = date(year, month, monthrange(year, month)[1])
    back = (month_end.weekday() - weekday) % 7
    if ends_near == "nearest" and back > 3:
        return month_end + timedelta(days=7 - back)
    return month_end - timedelta(days=back)


def days(first: date, end: date) -> Iterator[date]:
    """Every day in the half-open range `[first, end)`."""
    for offset in range((end - first).days):
        yield first + timedelta(days=offset)


def _add_months(first_of_month: date, months: int) -> date:
    ordinal = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(ordinal // 12, ordinal % 12 + 1, 1)
