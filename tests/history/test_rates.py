"""A rate, or a type of splits, that is corrected later changes no answer about an earlier day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines.transform.macros import ATTAINMENT_AS_OF, BOOKINGS_AS_OF, OPPORTUNITIES_AS_OF
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("evidence")

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 15)
OLD = {"system_modstamp": "2026-01-05 12:00:00"}
BETWEEN = {"system_modstamp": "2026-03-05 12:00:00"}
RATES = {
    FIRST: {"2026-01-30": "1.10", "2026-02-20": "1.08", "2026-02-27": "1.12"},
    # The rate of the plan is corrected, and later that of a booking day.
    SECOND: {
        "2026-01-30": "1.05", "2026-02-20": "1.08", "2026-02-27": "1.12", "2026-03-06": "1.20",
    },
    THIRD: {
        "2026-01-30": "1.05", "2026-02-20": "1.09", "2026-02-27": "1.12", "2026-03-06": "1.20",
        "2026-03-13": "1.25",
    },
}  # fmt: skip
"""Dollars for a euro. Fiscal years begin in February."""


def deal(key: str, amount: int, day: str, recorded: str = "", **more: str) -> Row:
    return {
        "id": key,
        "name": key,
        "account_id": "001A",
        "owner_id": "005N",
        "stage_name": "Closed Won",
        "amount": str(amount),
        "currency_iso_code": "EUR",
        "close_date": day,
        "is_closed": "true",
        "is_won": "true",
        "created_date": "2026-01-12 15:00:00",
        "system_modstamp": f"{recorded or day} 17:00:00",
        **more,
    }


def split(key: str, of: str, kind: str, pct: int, amount: int = 0) -> Row:
    return {
        "id": key,
        "opportunity_id": of,
        "split_owner_id": "005S" if kind != "Revenue" else "005N",
        "split_type_id": kind,
        "split_percentage": str(pct),
        "split_amount": str(amount),
        "currency_iso_code": "EUR",
        "is_deleted": "false",
        "system_modstamp": "2026-02-20 17:00:00",
    }


def split_type(key: str, field: str, whole: str, active: str = "true", **stamp: str) -> Row:
    return {
        "id": key,
        "developer_name": key,
        "master_label": key,
        "is_active": active,
        "is_total_validated": whole,
        "split_field": field,
        **(stamp or OLD),
    }


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(tmp_path_factory.mktemp("rates"), "finance", "ecb", salesforce="connector")
    systems.deliver(
        FIRST,
        "salesforce",
        account=[{"id": "001A", "name": "Alder", "is_deleted": "false"} | OLD],
        user=[{"id": key, "last_name": key, "is_active": "true"} | OLD for key in ("005N", "005S")],
        opportunity=[
            deal("WON", 10000, "2026-02-20"),
            deal("BIG", 10000, "2026-02-20"),
            deal("GONE", 10000, "2026-02-20"),
            deal("AHEAD", 1000, "2026-03-12", "2026-02-25"),
            deal("OPEN", 1000, "2026-04-30", "2026-02-20")
            | {"stage_name": "Prospecting", "is_closed": "false", "is_won": "false"},
            deal("OWN", 10000, "2026-02-20"),
            deal("HELPED", 1000, "2026-02-20", currency_iso_code="USD"),
            deal("MOVED", 1000, "2026-02-20", currency_iso_code="USD"),
        ],
        opportunity_split_type=[
            split_type("Revenue", "Amount", "true"),
            split_type("Services", "Services__c", "true"),
            split_type("Helper", "Amount", "false"),
            split_type("Extra", "Amount", "false"),
        ],
        opportunity_split=[
            split("1HkA", "OWN", "Services", 100, 4000),
            split("1HkB", "HELPED", "Revenue", 100),
            split("1HkC", "HELPED", "Helper", 100),
            split("1HkD", "MOVED", "Revenue", 100),
            split("1HkE", "MOVED", "Extra", 50, 300),
        ],
    )
    quota = {
        "quota_id": "Q", "participant_id": "005N", "measure": "bookings", "basis": "full",
        "period_start_on": "2026-02-01", "period_end_on": "2026-05-01", "quota_amount": "1000",
        "currency": "EUR", "version": "1", "status": "approved",
        "approved_at": "2026-01-20T17:00:00Z",
    }  # fmt: skip
    for day, rates in RATES.items():
        systems.deliver(day, "finance", quota=[quota])
        file = systems.folder / "eurofxref-hist.csv"
        file.write_text("Date,USD,\n" + "".join(f"{on},{rate},\n" for on, rate in rates.items()))
        systems.land(day, file)
    systems.deliver(
        SECOND,
        "salesforce",
        opportunity=[
            deal("GONE", 10000, "2026-02-20", "2026-03-03", is_won="false")
            | {"stage_name": "Closed Lost"},
            deal("LATE", 1000, "2026-03-04"),
            deal("WEEK", 1000, "2026-03-06"),
        ],
        # One comes to be the whole, one of another field; a third is there that nobody knew.
        opportunity_split_type=[
            split_type("Helper", "Amount", "true", **BETWEEN),
            split_type("Extra", "Extra__c", "false", **BETWEEN),
            split_type("A new one", "Amount", "true", **BETWEEN),
        ],
    )
    systems.deliver(
        THIRD, "salesforce", opportunity=[deal("BIG", 12000, "2026-02-20", "2026-03-10")]
    )
    systems.build(
        "fct_booking_event", "fct_credit", "fct_achievement", "fct_quota", "fct_quota_in_force",
        "fct_opportunity", "fct_opportunity_version", "core_opportunity_split",
        "dim_plan_rate_as_known", "dim_participant_as_known",
    )  # fmt: skip
    return systems


def answers(company: Systems, sql: str) -> list[tuple[Any, ...]]:
    """Of a query that may ask the macros of a release."""
    with duckdb.connect(str(company.company.warehouse_file)) as connection:
        for macro in (OPPORTUNITIES_AS_OF, BOOKINGS_AS_OF, ATTAINMENT_AS_OF):
            connection.execute(macro)
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("WON", [("2026-02-20", "won", 11000, 10800), ("2026-03-08", "rate", -500, 0),
                 ("2026-03-15", "rate", 0, 100)]),
        ("BIG", [("2026-02-20", "won", 11000, 10800), ("2026-03-08", "rate", -500, 0),
                 ("2026-03-10", "amount", 2100, 2160), ("2026-03-15", "rate", 0, 120)]),
        ("GONE", [("2026-02-20", "won", 11000, 10800), ("2026-03-03", "un_won", -11000, -10800)]),
        ("AHEAD", [("2026-02-25", "won", 1100, 1080), ("2026-03-08", "rate", -50, 0),
                   ("2026-03-12", "rate", 0, 120)]),
        ("LATE", [("2026-03-04", "won", 1100, 1120), ("2026-03-08", "rate", -50, 0)]),
        ("WEEK", [("2026-03-06", "won", 1100, 1200), ("2026-03-08", "rate", -50, 0)]),
        ("MOVED", [("2026-02-20", "won", 1000, 1000)]),
    ],
)  # fmt: skip
def test_a_corrected_rate_adjusts_what_is_booked_from_when_it_was_known(
    company: Systems, key: str, expected: list[tuple[str, str, int, int]]
) -> None:
    """Of a booking dated ahead the rate of its day is learnt when that has come."""
    assert company.rows(
        "select cast(recorded_on as varchar), reason, plan_amount, booked_amount "
        f"from attainment.fct_booking_event where opportunity_id = '{key}' order by recorded_at"
    ) == [(on, reason, Decimal(plan), Decimal(at_day)) for on, reason, plan, at_day in expected]


def test_credit_follows_also_where_a_split_has_an_amount_of_its_own(company: Systems) -> None:
    assert company.rows(
        "select measure, recorded_on, cause, plan_credit_amount from attainment.fct_credit "
        "where opportunity_id = 'OWN' and plan_credit_amount <> 0 order by all"
    ) == [
        ("bookings", date(2026, 2, 20), "book", 11000),
        ("bookings", SECOND, "adjust", -500),
        ("bookings_services", date(2026, 2, 20), "book", 4400),
        ("bookings_services", SECOND, "adjust", -200),
    ]


def test_what_is_booked_today_is_at_the_rate_known_today(company: Systems) -> None:
    assert (
        company.rows(
            "select opportunity_id from pipeline.fct_opportunity as deals where status = 'won' "
            "and amount <> (select sum(amount) from attainment.fct_booking_event as events "
            "where events.opportunity_id = deals.opportunity_id)"
        )
        == []
    )


def test_an_answer_about_a_day_is_at_the_plan_rate_of_that_day(company: Systems) -> None:
    """Of 41,000 EUR booked by the first Sunday 10,000 are gone by the second; 2,000 are dollars."""
    found = [
        answers(
            company,
            "select (select amount from pipeline.opportunities_as_of(day) "
            "where opportunity_id = 'OPEN'), (select sum(amount) "
            "from pipeline.opportunities_as_of(day) where status = 'won' and currency = 'EUR'), "
            "(select sum(booked_amount) from attainment.bookings_as_of(day)), "
            "(select quota_amount from attainment.attainment_as_of(day) where measure = 'bookings')"
            f" from (select date '{day}' as day)".replace("(day)", f"(date '{day}')"),
        )[0]
        for day in (FIRST, SECOND)
    ]
    assert found == [
        (Decimal(1100), Decimal(45100), Decimal(47100), Decimal(1100)),
        (Decimal(1050), Decimal(34650), Decimal(36650), Decimal(1050)),
    ]


def test_a_quota_in_another_currency_is_another_amount_once_its_rate_is(company: Systems) -> None:
    assert company.rows(
        "select known_from_on, known_to_on, full_quota_amount, quota_amount "
        "from attainment.fct_quota_in_force order by 1"
    ) == [(date(2026, 1, 20), SECOND, 1100, 1100), (SECOND, date.max, 1050, 1050)]
    assert company.rows("select full_quota_amount from attainment.fct_quota") == [(1050,)]


@pytest.mark.parametrize(
    ("key", "first", "later"),
    [
        ("HELPED", ("overlay_bookings", 1000), ("bookings_helper", 1000)),
        ("MOVED", ("overlay_bookings", 500), ("overlay_bookings", 300)),
    ],
)
def test_a_type_of_splits_counts_as_it_was_known_then(
    company: Systems, key: str, first: tuple[str, int], later: tuple[str, int]
) -> None:
    """A type that turns out to be another one moves credit from then on."""
    found = [
        company.rows(
            "select measure, sum(credit_amount) from attainment.fct_credit "
            f"where opportunity_id = '{key}' and participant_id = '005S' "
            f"and recorded_on <= date '{day}' group by 1 having sum(credit_amount) <> 0"
        )
        for day in (FIRST, THIRD)
    ]
    assert found == [[first], [later]]


def test_a_type_that_is_new_takes_bookings_from_no_other(company: Systems) -> None:
    assert company.rows(
        "select distinct measure from core.core_opportunity_split where split_id = '1HkD'"
    ) == [("bookings",)]
