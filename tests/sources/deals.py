"""Deals, sellers and exchange rates in a few words, for companies of a handful of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tests.sources.world import Row, Systems

RATES = {"USD": "1.25", "GBP": "0.8", "JPY": "150"}
"""What one euro is, on every day."""


def sellers(*names: str) -> list[Row]:
    """Users of the CRM whose id is their name."""
    return [
        {"id": name, "last_name": name, "system_modstamp": "2024-01-05 12:00:00"} for name in names
    ]


def deal(
    name: str, stage: str, amount: object, changed_at: str, **more: object
) -> dict[str, object]:
    """A deal as the replicating connector writes it, of seller A unless it says otherwise."""
    is_won, is_closed = stage == "Closed Won", stage.startswith("Closed")
    return {
        "id": name,
        "name": name,
        "owner_id": "A",
        "amount": amount,
        "currency_iso_code": "USD",
        "stage_name": stage,
        "probability": "100" if is_won else "0" if is_closed else "10",
        "close_date": changed_at[:10],
        "is_closed": str(is_closed).lower(),
        "is_won": str(is_won).lower(),
        "is_deleted": "false",
        "created_date": "2025-01-10 15:00:00",
        "system_modstamp": changed_at,
    } | more


def deliver_rates(systems: Systems, day: date, *, since: date = date(2024, 1, 1)) -> None:
    """The central bank's file up to the day, with a rate every fifth day."""
    path = systems.folder / "outbox" / "eurofxref-hist.csv"
    path.parent.mkdir(exist_ok=True)
    lines = [f"{on},{','.join(RATES.values())}," for on in _every_fifth(since, day)]
    path.write_text("\n".join([f"Date,{','.join(RATES)},", *lines]) + "\n", encoding="utf-8")
    systems.land(day, path)


def _every_fifth(first: date, last: date) -> Iterator[date]:
    for number in range(0, (last - first).days + 1, 5):
        yield first + timedelta(days=number)
