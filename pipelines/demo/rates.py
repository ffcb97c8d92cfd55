"""Euro reference rates in the wide form of the European Central Bank, as a seeded random walk.

Newest day first, a trailing comma, `N/A` for currencies that no longer exist. The levels start
near those of some January; nothing here is a real rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from pipelines.calendar import days
from pipelines.demo.clock import stream

FIRST_RATE_ON = date(2021, 1, 4)
CURRENCIES = """
USD JPY BGN CYP CZK DKK EEK GBP HUF LTL LVL MTL PLN ROL RON SEK SIT SKK CHF ISK NOK HRK RUB
TRL TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR
"""
HEADER = tuple(CURRENCIES.split())
LEVELS = {
    "USD": 1.094, "JPY": 155.8, "BGN": 1.9558, "CZK": 24.71, "DKK": 7.4555, "GBP": 0.8665,
    "HUF": 382.2, "PLN": 4.36, "RON": 4.972, "SEK": 11.14, "CHF": 0.9305, "ISK": 151.1,
    "NOK": 11.29, "TRY": 32.57, "AUD": 1.619, "BRL": 5.34, "CAD": 1.457, "CNY": 7.81,
    "HKD": 8.54, "IDR": 16980.0, "ILS": 3.97, "INR": 91.1, "KRW": 1428.0, "MXN": 18.6,
    "MYR": 5.04, "NZD": 1.747, "PHP": 60.9, "SGD": 1.453, "THB": 37.7, "ZAR": 20.4,
}  # fmt: skip
PEGGED = frozenset({"BGN", "DKK"})
HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
"""Months and days without a rate, besides weekends."""


@dataclass(frozen=True)
class Rates:
    """Rates per euro by day, oldest first."""

    by_day: dict[date, dict[str, float]]

    def to_dollars(self, currency: str, day: date) -> float:
        """Dollars per unit of a currency, at the last rate published on or before a day."""
        while day not in self.by_day:
            day -= timedelta(days=1)
            if day < FIRST_RATE_ON:
                raise ValueError(f"no rate on or before {day}; the rates start on {FIRST_RATE_ON}")
        rates = self.by_day[day]
        return rates["USD"] / (1.0 if currency == "EUR" else rates[currency])


@cache
def build_rates(seed: int, last_day: date) -> Rates:
    """Walk every living currency from its first level to the last day."""
    rng = stream(seed, "rates")
    levels = dict(LEVELS)
    by_day: dict[date, dict[str, float]] = {}
    for day in days(FIRST_RATE_ON, last_day + timedelta(days=1)):
        if day.weekday() > 4 or (day.month, day.day) in HOLIDAYS:
            continue
        for currency, level in levels.items():
            step = rng.gauss(0.0, 0.0001 if currency in PEGGED else 0.0035)
            # Pulled back to its start, so that no walk ends in another world.
            pull = 0.004 * math.log(LEVELS[currency] / level)
            levels[currency] = level * math.exp(step + pull)
        by_day[day] = {currency: _published(level) for currency, level in levels.items()}
    return Rates(by_day)


def rate_lines(rates: Rates, day: date) -> list[str]:
    """The file as published on the evening of a day."""
    lines = ["Date," + "".join(f"{currency}," for currency in HEADER)]
    for rate_on in sorted((known for known in rates.by_day if known <= day), reverse=True):
        values = rates.by_day[rate_on]
        cells = (f"{values[name]:.10g}," if name in values else "N/A," for name in HEADER)
        lines.append(f"{rate_on.isoformat()}," + "".join(cells))
    return lines


def _published(level: float) -> float:
    """Five significant digits, as the bank publishes them."""
    return round(level, 4 - math.floor(math.log10(level)))
