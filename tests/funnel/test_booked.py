"""What is won is booked in every method of the forecast, whatever category it was left in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("booked")

DAY = date(2026, 3, 2)
METHODS_OF_OPEN_DEALS = {
    *("category_commit", "category_most_likely", "category_best_case", "category_pipeline"),
    "open_pipeline",
}


def deal(record: str, amount: str, category: str, **rest: str) -> Row:
    return {
        "Id": record, "Name": record, "OwnerId": "005A", "StageName": "Prospecting",
        "Amount": amount, "Probability": "10", "CurrencyIsoCode": "USD", "IsClosed": "0",
        "IsWon": "0", "CloseDate": "2026-04-20", "ForecastCategory": category,
        "CreatedDate": "2026-01-20 10:00:00", "SystemModstamp": "2026-02-20 10:00:00",
    } | rest  # fmt: skip


WON = {
    "StageName": "Closed Won", "Probability": "100", "IsClosed": "1", "IsWon": "1",
    "CloseDate": "2026-02-25",
}  # fmt: skip


def test_status_says_what_is_booked_and_category_only_parts_what_is_open(tmp_path: Path) -> None:
    systems = Systems.of(tmp_path, "salesforce")
    systems.deliver(
        DAY,
        "salesforce",
        opportunity=[
            deal("006A", "1000", "Closed", **WON),
            # Taken out of somebody's forecast, and left as it was called.
            deal("006B", "500", "Omitted", **WON),
            deal("006C", "300", "Commit", **WON),
            deal("006D", "70", "Commit"),
        ],
    )
    systems.build("fct_forecast")
    found = systems.rows(
        "select method, cast(booked_amount as int), cast(open_amount as int) "
        "from forecast.fct_forecast where node_type = 'company' and period_key = 'all' "
        f"and as_of_on = '{DAY}'"
    )
    assert {method: booked for method, booked, _ in found} == {
        method: 0 if method in METHODS_OF_OPEN_DEALS else 1800 for method, *_ in found
    }
    assert {method: amount for method, _, amount in found}["open_pipeline"] == 70
