"""What is delivered later changes no answer for an earlier day: prices, stages, calendars, leaders.

Each company is built twice: of the extracts up to a day alone, and of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.test_hubspot_later import deal as hubspot_deal
from tests.sources.test_hubspot_later import stage
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("as known")

FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
Delivery = Mapping[str, Mapping[str, list[Row]]]
"""Rows by source and table."""
Built = Callable[[date, str], list[tuple[Any, ...]]]
"""Rows of a query on a build of the extracts up to a day."""


def at(day: date) -> str:
    return f"{day} 10:00:00"


def stamped(day: date, **values: str) -> Row:
    return {"system_modstamp": at(day), "created_date": at(FIRST), **values}


def deal(day: date, record: str, **values: str) -> Row:
    """An open deal of 200 dollars, or whatever is said instead."""
    said = {
        "id": record, "name": record, "stage_name": "Prospecting", "probability": "10",
        "amount": "200", "close_date": "2026-04-30", "owner_id": "005A",
        "currency_iso_code": "USD", "forecast_category_name": "Pipeline",
    }  # fmt: skip
    return stamped(day, **(said | values))


def person(day: date, record: str, **values: str) -> Row:
    return stamped(day, id=record, last_name=record, is_active="true", **values)


def quota(day: date, record: str, owner: str, starts_on: str, *, units: bool = False) -> Row:
    return stamped(
        day, id=record, quota_owner_id=owner, quota_amount="100", start_date=starts_on,
        is_quantity=str(units).lower(), currency_iso_code="USD",
    )  # fmt: skip


def period(day: date, record: str, starts_on: str, ends_on: str) -> Row:
    return {
        "id": record, "start_date": starts_on, "end_date": ends_on, "type": "Month",
        "is_forecast_period": "true", "system_modstamp": at(day),
    }  # fmt: skip


def built(
    folder: Path, deliveries: Mapping[date, Delivery], *models: str, **policies: Any
) -> Built:
    """A function that builds the extracts up to a day and gives the rows of a query."""

    def up_to(day: date, sql: str) -> list[tuple[Any, ...]]:
        place = folder / str(day)
        if not place.exists():
            names = {name for sources in deliveries.values() for name in sources}
            formats = {name: "connector" for name in names if name == "salesforce"}
            systems = Systems.of(place, *sorted(names), **formats)
            chosen = systems.company.policies.model_copy(update=policies)
            systems = replace(
                systems, company=systems.company.model_copy(update={"policies": chosen})
            )
            for delivered_on, sources in deliveries.items():
                if delivered_on <= day:
                    for source, tables in sources.items():
                        systems.deliver(delivered_on, source, **tables)
            systems.build(*models)
            found[day] = systems
        return found[day].rows(sql)

    found: dict[date, Systems] = {}
    return up_to


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Deal D has a product and no amount; the product gets another price and is taken out."""
    others = [{"product": f"other {number}", "sales_price": "5"} for number in range(20)]
    deals = [
        {
            "opportunity_id": name, "sales_agent": "Ann", "product": "GTX", "deal_stage": stage,
            "engage_date": "2026-02-10", "close_value": amount,
        }
        for name, stage, amount in (("D", "Engaging", ""), ("E", "Engaging", "70"))
    ]  # fmt: skip
    return built(
        tmp_path_factory.mktemp("priced"),
        {
            day: {
                "maven_crm": {
                    "account": [],
                    "sales_team": [{"sales_agent": "Ann", "manager": "Bo"}],
                    "product": [*others, *prices],
                    "opportunity": deals,
                }
            }
            for day, prices in (
                (FIRST, [{"product": "GTX", "sales_price": "100"}]),
                (SECOND, [{"product": "GTX", "sales_price": "120"}]),
                (THIRD, []),
            )
        },
        "core_product_price",
        "fct_pipeline_snapshot",
        "fct_opportunity_version",
        missing_open_amount="list_price",
    )


PRICES = (
    "select list_price, known_from_on, known_to_on from core.core_product_price_version "
    "where product_id = 'GTX' order by known_from_on"
)
SNAPSHOTS = (
    "select snapshot_on, opportunity_id, amount_in_currency, amount "
    "from pipeline.fct_pipeline_snapshot order by all"
)
VERSIONS = (
    "select opportunity_id, known_from_on, known_to_on, amount_in_currency, source_file "
    "from pipeline.fct_opportunity_version order by all"
)


def test_a_price_is_kept_as_it_was_known(priced: Built) -> None:
    ever, open_end = date(1900, 1, 1), date(9999, 12, 31)
    assert priced(THIRD, PRICES) == [
        (Decimal(100), ever, SECOND),
        (Decimal(120), SECOND, THIRD),
    ]
    assert priced(SECOND, PRICES)[-1] == (Decimal(120), SECOND, open_end)
    current = "select count(*) from core.core_product_price where product_id = 'GTX'"
    assert priced(THIRD, current) == [(0,)]


def test_a_deal_is_worth_the_price_that_was_known(priced: Built) -> None:
    versions = priced(THIRD, VERSIONS)
    assert [row[:4] for row in versions if row[0] == "D"] == [
        ("D", FIRST, SECOND, Decimal(100)),
        ("D", SECOND, THIRD, Decimal(120)),
        ("D", THIRD, date(9999, 12, 31), None),
    ]
    assert {row[3] for row in versions if row[0] == "E"} == {Decimal(70)}
    # A price is no news of the deal: the line stays that of the deal.
    assert {row[4].split("/")[1] for row in versions} == {"opportunity"}


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_another_price_changes_no_earlier_day(priced: Built, day: date) -> None:
    then = [row for row in priced(day, SNAPSHOTS) if row[0] <= day]
    assert {row[1] for row in then} == {"D", "E"}
    now = [row for row in priced(THIRD, SNAPSHOTS) if row[0] <= day]
    assert [row for row in now if row in then] == now


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Nothing but HubSpot, whose pipeline gets a stage on the second day."""

    systems = Systems.of(tmp_path_factory.mktemp("staged"), "hubspot")
    first = [stage("talk", 0), stage("won", 2, won="TRUE")]
    systems.deliver(
        FIRST, "hubspot", deal_pipeline_stage=first, deal=[hubspot_deal("1", "talk", FIRST)],
        owner=[{"owner_id": "1", "first_name": "Cara", "last_name": "Dunn"}],
    )  # fmt: skip
    systems.deliver(
        SECOND,
        "hubspot",
        deal_pipeline_stage=[*first, {**stage("trial", 1), "_fivetran_synced": at(SECOND)}],
        deal=[hubspot_deal("1", "trial", SECOND)],
    )
    systems.build("fct_stage_win_rate")
    return systems


def test_a_stage_is_none_before_it_was_known(staged: Systems) -> None:
    found = staged.rows("select as_of_on, stage from forecast.fct_stage_win_rate order by all")
    assert {day for day, _ in found if day < SECOND}
    assert {name for day, name in found if day < SECOND} == {"talk"}
    assert {name for day, name in found if day >= SECOND} == {"talk", "trial"}


@pytest.fixture(scope="module")
def past_midnight(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """An export that ran past midnight; a change that was made before its stamp comes later."""

    def change(number: int, moment: str, field: str, old: str, new: str) -> Row:
        return {
            "id": f"017{number}", "opportunity_id": "D", "created_date": moment, "field": field,
            "old_value": old, "new_value": new,
        }  # fmt: skip

    moved = change(1, "2026-02-20 15:00:00", "StageName", "Prospecting", "Negotiation/Review")
    late = change(2, "2026-03-03 06:00:00", "Amount", "80", "100")
    record = deal(FIRST, "D", stage_name="Negotiation/Review", amount="100")
    record |= {"system_modstamp": "2026-03-03 08:00:00"}
    return built(
        tmp_path_factory.mktemp("midnight"),
        {
            FIRST: {"salesforce": {"opportunity": [record], "opportunity_field_history": [moved]}},
            SECOND: {"salesforce": {"opportunity": [], "opportunity_field_history": [late]}},
        },
        "fct_opportunity_version",
    )


def test_a_change_of_before_the_stamp_leaves_what_the_record_said(past_midnight: Built) -> None:
    asked = (
        "select known_from_on, stage, owner_id, amount_in_currency, is_deleted "
        f"from pipeline.fct_opportunity_version where known_from_on <= '{FIRST}' order by all"
    )
    then = past_midnight(FIRST, asked)
    assert then == [(date(2026, 2, 20), "Negotiation/Review", "005A", Decimal(100), False)]
    assert past_midnight(SECOND, asked) == then


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Quotas by start alone; months that are put right, a later start, and a seller who leads."""
    return built(
        tmp_path_factory.mktemp("calendars"),
        {
            FIRST: {
                "salesforce": {
                    "opportunity": [
                        deal(
                            FIRST,
                            "W",
                            stage_name="Closed Won",
                            close_date="2026-02-20",
                            probability="100",
                            forecast_category_name="Closed",
                        )
                    ],
                    "user": [person(FIRST, "005A"), person(FIRST, "005B")],
                    "forecasting_quota": [
                        quota(FIRST, "1", "005A", "2026-02-01"),
                        quota(FIRST, "6", "005A", "2026-05-01"),
                        quota(FIRST, "2", "005B", "2026-02-01"),
                        quota(FIRST, "3", "005B", "2026-05-01"),
                        # No other start tells how long this is; the calendar does.
                        quota(FIRST, "5", "005B", "2026-02-01", units=True),
                    ],
                    "period": [period(FIRST, "F", "2026-02-01", "2026-02-28")],
                }
            },
            SECOND: {
                "salesforce": {
                    "period": [period(SECOND, "F", "2026-02-01", "2026-04-30")],
                    "opportunity": [],
                }
            },
            THIRD: {
                "salesforce": {
                    "opportunity": [],
                    "forecasting_quota": [quota(THIRD, "4", "005B", "2026-06-01")],
                    "user": [person(THIRD, "005C", manager_id="005A")],
                }
            },
        },
        "fct_quota",
        "fct_achievement",
        "fct_quota_in_force",
    )


WINDOWS = (
    "select participant_id, measure, quota_on, period_end_on from core.core_quota_period "
    "where known_from_on <= date '{0}' and known_to_on > date '{0}' order by all"
)
LEDGER = (
    "select participant_id, measure, effective_on, recorded_on, cause, n_bookings, achieved_amount "
    "from attainment.fct_achievement where recorded_on <= date '{0}' order by all"
)
IN_FORCE = (
    "select participant_id, measure, period_start_on, period_end_on, quota_amount, "
    "known_from_on from attainment.fct_quota_in_force where known_from_on <= date '{0}' "
    "and known_to_on > date '{0}' order by all"
)


@pytest.mark.parametrize("question", [WINDOWS, LEDGER, IN_FORCE], ids=["ends", "ledger", "quotas"])
@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_quotas_stand_as_they_were_known(calendars: Built, day: date, question: str) -> None:
    asked = question.format(day)
    then = calendars(day, asked)
    assert then
    assert calendars(THIRD, asked) == then


def test_a_leader_has_the_team_s_achievements_from_when_that_was_known(calendars: Built) -> None:
    assert calendars(
        THIRD,
        "select recorded_on, n_bookings, achieved_amount from attainment.fct_achievement "
        "where measure = 'team_bookings'",
    ) == [(THIRD, 1, Decimal(200))]


def test_a_corrected_calendar_gives_quotas_another_end(calendars: Built) -> None:
    ends = {
        day: {row[3] for row in calendars(THIRD, WINDOWS.format(day)) if row[1] == "units"}
        for day in (FIRST, SECOND)
    }
    assert ends == {FIRST: {date(2026, 3, 1)}, SECOND: {date(2026, 5, 1)}}
