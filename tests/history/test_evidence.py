"""What history tells of a deal counts: until when it was there, what it was worth, whose it was."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.history import evidence
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("evidence")

JPY, GBP, EUR = Decimal("1.10") / 150, Decimal("1.10") / Decimal("0.88"), Decimal("1.10")


@pytest.fixture(scope="module")
def crms(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Two CRMs and three weekly extracts, of which only what is asked here is built."""
    systems = Systems.of(
        tmp_path_factory.mktemp("evidence"), "salesforce", "hubspot", "ecb", "finance"
    )
    evidence.deliver(systems)
    systems.build(
        "fct_booking_event",
        "fct_credit",
        "fct_forecast",
        "fct_pipeline_snapshot",
        "fct_opportunity_version",
    )
    return systems


def versions(crms: Systems, deal: str, *columns: str) -> list[tuple[Any, ...]]:
    """Day from which each version was known, and what it says."""
    return crms.rows(
        f"select known_from_on, {', '.join(columns)} from pipeline.fct_opportunity_version "
        f"where opportunity_id = '{deal}' order by known_from_at"
    )


def alive(crms: Systems, deal: str, day: str) -> bool:
    [(count,)] = crms.rows(
        "select count(*) from pipeline.fct_opportunity_version "
        f"where opportunity_id = '{deal}' and known_from_on <= date '{day}' "
        f"and known_to_on > date '{day}' and not is_deleted"
    )
    return bool(count)


# --- how long a deal was there -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deal", "first", "last", "gone"),
    [
        ("BIN", "2026-02-01", "2026-03-19", "2026-03-20"),
        ("HIS", "2026-02-05", "2026-03-30", "2026-03-31"),
        ("LAT", "2026-04-02", "2026-04-06", "2026-04-07"),
        ("silent", "2026-02-20", "2026-03-30", "2026-03-31"),
    ],
    ids=["binned before its first extract", "in no extract", "between two", "in HubSpot"],
)
def test_a_deal_is_there_until_its_deletion_was_known(
    crms: Systems, deal: str, first: str, last: str, gone: str
) -> None:
    assert alive(crms, deal, first)
    assert alive(crms, deal, last)
    assert not alive(crms, deal, gone)
    assert not alive(crms, deal, "2026-04-14")


def test_a_deal_without_a_record_has_what_its_history_says_and_nothing_else(crms: Systems) -> None:
    assert versions(
        crms, "HIS", "stage", "amount_in_currency", "close_on", "owner_id", "opportunity_name"
    )[0] == (
        date(2026, 2, 5), "Prospecting", Decimal("300.0000"), date(2026, 6, 1), "unassigned", None,
    )  # fmt: skip


def test_a_record_that_comes_later_changes_no_earlier_day(crms: Systems) -> None:
    assert versions(crms, "BAK", "amount_in_currency", "owner_id", "is_deleted") == [
        (date(2026, 4, 3), Decimal("90.0000"), "unassigned", False),
        (date(2026, 4, 7), Decimal("90.0000"), "unassigned", True),
        (date(2026, 4, 10), Decimal("95.0000"), "005A", False),
    ]


# --- every tracked attribute ---------------------------------------------------------------------


def test_money_is_in_the_currency_of_its_time(crms: Systems) -> None:
    worth = dict(
        crms.rows(
            "select opportunity_id, amount from pipeline.fct_pipeline_snapshot "
            "where snapshot_on = date '2026-02-22'"
        )
    )
    for deal, expected in {
        "CUR": 10_000_000 * JPY, "CUF": 500 * GBP, "pounds": 44 * GBP, "BIN": Decimal(600),
    }.items():  # fmt: skip
        assert abs(worth[deal] - expected) < Decimal("0.01"), deal


def test_a_booking_in_another_currency_is_adjusted(crms: Systems) -> None:
    assert crms.rows(
        "select recorded_on, event, reason, currency, amount from attainment.fct_booking_event "
        "where opportunity_id = 'CWN' order by recorded_at, amount"
    ) == [
        (date(2026, 2, 20), "book", "won", "EUR", 50_000 * EUR),
        (date(2026, 3, 10), "adjust", "currency", "EUR", -50_000 * EUR),
        (date(2026, 3, 10), "adjust", "currency", "USD", Decimal(50_000)),
    ]


@pytest.mark.parametrize(
    ("deal", "first", "second", "amount", "booked", "moved"),
    [
        ("OWN", "005A", "005B", 40_000, date(2026, 2, 10), date(2026, 3, 20)),
        ("moved", "1", "2", 400, date(2026, 2, 20), date(2026, 3, 20)),
    ],
)
def test_who_won_a_deal_has_the_credit_until_it_moved(
    crms: Systems, deal: str, first: str, second: str, amount: int, booked: date, moved: date
) -> None:
    assert crms.rows(
        "select recorded_on, participant_id, credit_amount from attainment.fct_credit "
        f"where opportunity_id = '{deal}' order by recorded_on, credit_amount"
    ) == [(booked, first, amount), (moved, first, -amount), (moved, second, amount)]


def test_a_name_is_no_id_and_an_empty_field_is_empty(crms: Systems) -> None:
    assert versions(crms, "ACC", "account_id") == [
        (date(2026, 2, 2), "001A"),
        (date(2026, 3, 2), "001A"),
        (date(2026, 3, 5), "001B"),
    ]
    assert crms.rows(
        "select next_step from core.core_opportunity_version "
        "where opportunity_id = 'ACC' order by known_from"
    ) == [("Call",), (None,), (None,)]


def test_fields_alone_tell_a_history(crms: Systems) -> None:
    """What follows from a later stage is not taken for what followed from an earlier one."""
    columns = ["stage", "amount_in_currency", "close_on", "forecast_category", "probability_pct"]
    assert versions(crms, "FLD", *columns) == [
        (date(2026, 2, 10), "Negotiation/Review", 100, date(2026, 4, 20), "Pipeline", None),
        (date(2026, 3, 1), "Negotiation/Review", 150, date(2026, 4, 20), "Pipeline", None),
        (date(2026, 3, 5), "Closed Won", 150, date(2026, 3, 5), "Closed", 1),
    ]


@pytest.mark.parametrize("deal", evidence.CLOSES)
def test_a_moment_of_history_is_the_day_it_is_in_the_record(crms: Systems, deal: str) -> None:
    assert versions(crms, deal, "close_on", "is_from_history") == [
        (date(2026, 2, 20), date(2026, 4, 30), True),
        (date(2026, 3, 31), date(2026, 4, 30), False),
    ]


# --- what has to be there for a number -----------------------------------------------------------


def test_an_open_deal_has_the_probability_its_stage_had_that_day(crms: Systems) -> None:
    assert crms.rows(
        "select snapshot_on, probability_pct, weighted_amount "
        "from pipeline.fct_pipeline_snapshot where opportunity_id = 'plain' "
        "and snapshot_on in (date '2026-02-22', date '2026-03-31', date '2026-04-14') order by all"
    ) == [
        (date(2026, 2, 22), Decimal("0.2"), Decimal("20")),
        (date(2026, 3, 31), Decimal("0.2"), Decimal("20")),
        (date(2026, 4, 14), Decimal("0.4"), Decimal("40")),
    ]


def test_a_method_without_its_input_says_so(crms: Systems) -> None:
    """Owner 1 has seven deals of 100 and one of 44, open, at 40 %; HubSpot has no categories."""
    told = {
        method: (reason, amount)
        for method, reason, amount in crms.rows(
            "select method, abstain_reason, forecast_amount from forecast.fct_forecast "
            "where node_type = 'participant' and node_key = 'participant/1' and period_key = 'all' "
            "and as_of_on = date '2026-04-14'"
        )
    }
    assert told["crm_weighted"] == (None, Decimal("297.6"))
    assert told["open_pipeline"] == (None, Decimal("744"))
    assert told["category_closed"] == (None, Decimal("0"))
    for method in ("commit_forecast", "best_case_forecast", "category_pipeline"):
        assert told[method] == ("no_forecast_category", None)
    assert told["stage_weighted"] == ("too_few_closed_deals", None)


def test_a_company_with_a_gap_in_its_input_has_no_total(crms: Systems) -> None:
    """In February no source gave the probability of a deal of Salesforce."""
    assert crms.rows(
        "select abstain_reason, booked_amount > 0, forecast_amount from forecast.fct_forecast "
        "where node_type = 'company' and period_key = 'all' and method = 'crm_weighted' "
        "and as_of_on = date '2026-02-28'"
    ) == [("no_probability", True, None)]


# --- the line that was the witness ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("deal", "day", "file", "key"),
    [
        ("CWN", "2026-02-20", "OpportunityHistory.csv", {"Id": "008CWN2"}),
        ("CWN", "2026-03-10", "Opportunity.csv", {"Id": "CWN"}),
        ("FLD", "2026-02-10", "OpportunityFieldHistory.csv", {"Id": "017FLD1"}),
        ("FLD", "2026-03-01", "OpportunityFieldHistory.csv", {"Id": "017FLD2"}),
        ("HIS", "2026-03-31", "OpportunityHistory.csv", {"Id": "008HIS1"}),
        ("moved", "2026-02-20", "hubspot_deal_property_history.csv", {"name": "dealstage"}),
        ("moved", "2026-03-20", "hubspot_deal_property_history.csv", {"value": "2"}),
    ],
)
def test_a_version_cites_what_made_it_known(
    crms: Systems, deal: str, day: str, file: str, key: dict[str, str]
) -> None:
    [(cited, number)] = crms.rows(
        "select source_file, source_line from pipeline.fct_opportunity_version "
        f"where opportunity_id = '{deal}' and known_from_on = date '{day}'"
    )
    assert cited.endswith(f"/{file}")
    with (crms.company.paths.landing / cited).open(newline="") as lines:
        reader = csv.DictReader(lines)
        row = next(row for row in reader if reader.line_num == number)
    assert key.items() <= row.items()


def test_nothing_was_rejected(crms: Systems) -> None:
    assert crms.rows("select count(*) from control.rejects") == [(0,)]
