"""Win rates by value are of the last open day, and a person's rate needs enough deals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sources.deals import deal, deliver_rates, sellers
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("win_rates")

N_MANY = 20
JPY: dict[str, object] = {"currency_iso_code": "JPY"}


@pytest.fixture(scope="module")
def closes(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(tmp_path_factory.mktemp("closes"), "ecb", salesforce="connector")
    first = "2025-10-01 15:00:00"
    systems.deliver(
        date(2025, 10, 5),
        "salesforce",
        user=sellers("A", "B"),
        opportunity=[
            deal("only_lost", "Prospecting", 70, first),
            deal("lost_beside", "Prospecting", 50, first),
            deal("yen_then", "Prospecting", 10_000_000, first, **JPY),
            deal("cut_at_close", "Prospecting", 400, first),
            deal("lost_with_it", "Prospecting", 600, first),
        ],
    )
    systems.deliver(
        date(2025, 12, 7),
        "salesforce",
        opportunity=[
            deal("only_lost", "Closed Lost", 0, "2025-10-20 15:00:00"),
            deal("lost_beside", "Closed Lost", 0, "2025-11-20 15:00:00"),
            # Never seen open: what it was worth then is on no record.
            deal("won_unseen", "Closed Won", 90, "2025-11-21 15:00:00"),
        ],
    )
    systems.deliver(
        date(2026, 3, 9),
        "salesforce",
        opportunity=[
            # Written on the way to the close, on the closing day.
            deal("cut_at_close", "Negotiation/Review", 1, "2026-03-08 15:00:00"),
            deal("cut_at_close", "Closed Won", 1, "2026-03-08 16:00:00"),
            deal("yen_then", "Closed Won", 80_000, "2026-03-08 16:00:00"),
            deal("lost_with_it", "Closed Lost", 0, "2026-03-08 16:00:00"),
            *(
                deal(f"many{n}", "Closed Won", 5, "2026-03-08 16:00:00", owner_id="B")
                for n in range(N_MANY)
            ),
        ],
    )
    deliver_rates(systems, date(2026, 3, 9))
    systems.build("fct_win_rate")
    return systems


def by_value(closes: Systems, start: date, name: str) -> list[tuple[Any, ...]]:
    return closes.rows(
        "select won_last_open_amount, closed_last_open_amount, n_missing_last_open_amount, "
        f"value_win_rate_pct from pipeline.fct_win_rate where period_start_on = '{start}' "
        f"and node_name = '{name}'"
    )


def test_nothing_won_is_a_value_win_rate_of_nothing(closes: Systems) -> None:
    assert by_value(closes, date(2025, 8, 1), "company") == [(0, 70, 0, 0)]


def test_of_what_was_won_without_a_value_on_record_the_rate_is_unknown(closes: Systems) -> None:
    assert by_value(closes, date(2025, 11, 1), "company") == [(None, 50, 1, None)]


def test_the_value_is_that_of_the_last_open_day_in_the_currency_of_that_day(
    closes: Systems,
) -> None:
    yen = Decimal(10_000_000) * Decimal("1.25") / 150
    [(won, closed, n_missing, rate)] = by_value(closes, date(2026, 2, 1), "company")
    assert won == pytest.approx(400 + yen, abs=Decimal("0.01"))
    assert closed == won + 600
    assert n_missing == N_MANY
    assert rate == pytest.approx(float(won / closed))


def test_the_last_open_day_is_the_one_before_the_close(closes: Systems) -> None:
    assert closes.rows(
        "select opportunity_id, last_open_on, currency from core.core_last_open_value "
        "where last_open_on >= '2026-01-01' order by all"
    ) == [
        ("cut_at_close", date(2026, 3, 7), "USD"),
        ("lost_with_it", date(2026, 3, 7), "USD"),
        ("yen_then", date(2026, 3, 7), "JPY"),
    ]


def test_a_rate_of_one_person_is_over_enough_deals(closes: Systems) -> None:
    """B has just enough deals, none of which has a value; the company's rates are nobody's."""
    assert closes.rows(
        "select node_name, n_closed, is_suppressed, win_rate_pct, value_win_rate_pct is null "
        "from pipeline.fct_win_rate where period_start_on = '2026-02-01' "
        "and node_type in ('participant', 'company') order by all"
    ) == [
        ("A", 3, True, None, True),
        ("B", N_MANY, False, 1.0, True),
        ("company", N_MANY + 3, False, (N_MANY + 2) / (N_MANY + 3), False),
    ]
