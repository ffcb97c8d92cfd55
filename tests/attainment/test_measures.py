"""Quotas on other things than bookings, leave, territories handed over: small and computed by hand.

Period: 1 February to 30 April 2026, 89 days. Delivered on 31 March and on 31 May.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.sources.world import DEMO, Systems

pytestmark = pytest.mark.xdist_group("measures")

FIRST, SECOND = date(2026, 3, 31), date(2026, 5, 31)
OLD = "2026-01-05 12:00:00"
STAMP = {"system_modstamp": OLD}
PERIOD = {"period_start_on": "2026-02-01", "period_end_on": "2026-05-01"}


def deal(key: str, owner: str, stage: str, at: str, **more: str) -> dict[str, str]:
    won = stage == "Closed Won"
    return {
        "id": key,
        "name": key,
        "account_id": "001A",
        "owner_id": owner,
        "stage_name": stage,
        "currency_iso_code": "USD",
        "is_won": str(won).lower(),
        "is_closed": str(won).lower(),
        "close_date": "2026-03-10",
        "created_date": OLD,
        "system_modstamp": at,
        **more,
    }


def line(key: str, quantity: str, at: str) -> dict[str, str]:
    return {
        "id": key,
        "opportunity_id": "006N",
        "product_2_id": "01tA",
        "quantity": quantity,
        "unit_price": "1250",
        "total_price": "6250",
        "created_date": OLD,
        "system_modstamp": at,
    }


def task(key: str, day: str, at: str, *, done: bool, **more: str) -> dict[str, str]:
    return {
        "id": key,
        "owner_id": "005A",
        "type": "Call",
        "activity_date": day,
        "is_closed": str(done).lower(),
        "created_date": OLD,
        "system_modstamp": at,
        **more,
    }


def quota(key: str, holder: str, measure: str, amount: str, **more: str) -> dict[str, str]:
    return {
        "quota_id": key,
        "participant_id": holder,
        "measure": measure,
        "quota_amount": amount,
        "currency": "USD",
        "version": "1",
        "status": "approved",
        "approved_at": "2026-01-20T10:00:00Z",
        **PERIOD,
        **more,
    }


QUOTAS = [
    quota("1", "005A", "new_logo_bookings", "20000"),
    quota("2", "005A", "units", "10"),
    quota("3", "005A", "accepted_opportunities", "4"),
    quota("4", "005A", "activities", "5"),
    quota("5", "005B", "bookings", "40000", basis="full"),
    quota("6", "005M", "team_new_logo_bookings", "20000"),
    quota("7", "005M", "team_units", "16"),
    quota("8", "", "overlay_bookings", "9100", territory_id="T1"),
]


def deliver(systems: Systems) -> None:
    users = [
        {"id": key, "last_name": name, "manager_id": manager, "user_role_id": "00E"} | STAMP
        for key, name, manager in (
            ("005A", "Ash", "005M"),
            ("005B", "Birk", "005M"),
            ("005M", "Moor", ""),
        )
    ]
    systems.deliver(
        FIRST,
        "salesforce",
        user=users,
        user_role=[{"id": "00E", "name": "North"} | STAMP],
        account=[{"id": "001A", "name": "Alder", "is_deleted": "false"} | STAMP],
        product=[{"id": "01tA", "name": "Seat"} | STAMP],
        opportunity=[
            deal("006N", "005A", "Closed Won", "2026-03-10 15:00:00", amount="10000")
            | {"type": "New Customer"},
            deal("006X", "005B", "Closed Won", "2026-03-12 15:00:00", amount="20000")
            | {"type": "Existing Customer - Upgrade"},
            deal("006O", "005A", "Needs Analysis", "2026-02-11 15:00:00"),
            deal("006P", "005A", "Qualification", "2026-02-12 15:00:00"),
            deal("006Q", "005A", "Prospecting", "2026-02-13 15:00:00"),
        ],
        opportunity_line_item=[
            line("00kA", "5", "2026-03-10 15:00:00"),
            line("00kB", "3", "2026-03-10 15:00:00"),
        ],
        task=[
            task("00T1", "2026-02-03", "2026-02-03 15:00:00", done=True),
            task("00T2", "2026-03-03", "2026-03-03 15:00:00", done=True),
            task("00T3", "2026-03-04", "2026-03-04 15:00:00", done=False),
            task("00T4", "2026-01-30", "2026-01-30 15:00:00", done=True),
        ],
    )
    finance: dict[str, list[dict[str, str]]] = {
        "quota": QUOTAS,
        "seat": [
            {"participant_id": "005B", "seat_state": "active", "valid_from": "2024-01-01"},
            {"participant_id": "005B", "seat_state": "leave", "valid_from": "2026-03-02"}
            | {"valid_to": "2026-03-17"},
        ],
        "territory": [
            {"participant_id": "005A", "territory_id": "T1", "territory_name": "North"}
            | {"valid_from": "2024-01-01", "valid_to": "2026-03-18"},
            {"participant_id": "005B", "territory_id": "T1", "territory_name": "North"}
            | {"valid_from": "2026-03-18"},
        ],
    }
    systems.deliver(FIRST, "finance", **finance)
    systems.deliver(
        SECOND,
        "salesforce",
        opportunity=[
            deal("006X", "005A", "Closed Won", "2026-05-04 15:00:00", amount="20000")
            | {"type": "Existing Customer - Upgrade"},
            deal("006O", "005A", "Needs Analysis", "2026-05-03 15:00:00", is_deleted="true"),
        ],
        opportunity_line_item=[line("00kA", "6", "2026-05-02 15:00:00")],
        task=[
            task("00T2", "2026-03-03", "2026-05-05 15:00:00", done=True, is_deleted="true"),
            task("00T3", "2026-03-04", "2026-05-05 15:00:00", done=True),
        ],
    )
    systems.deliver(SECOND, "finance", **finance)


def built(folder: Path, **policies: Any) -> Systems:
    folder.mkdir(exist_ok=True)
    sources = {"finance": {}, "ecb": {}, "salesforce": {"format": "connector"}}
    company = Deployment.of(DEMO, folder, sources=sources, policies=policies).company
    company.paths.warehouse.mkdir()
    systems = Systems(folder, company)
    deliver(systems)
    systems.build()
    return systems


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    return built(tmp_path_factory.mktemp("measures"))


def achieved(systems: Systems) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    return {
        (participant, measure): (quota_amount, credit)
        for participant, measure, quota_amount, credit in systems.rows(
            "select participant_id, measure, quota_amount, credit_amount "
            "from attainment.fct_quota_attainment"
        )
    }


def test_every_measure_counts_what_it_says(systems: Systems) -> None:
    found = achieved(systems)
    assert found["005A", "new_logo_bookings"] == (20000, 10000)
    # 6 + 3 after the line was corrected.
    assert found["005A", "units"] == (10, 9)
    # Needs Analysis was deleted again, Prospecting is before the second stage; the won ones count.
    assert found["005A", "accepted_opportunities"] == (4, 2)
    # One deleted, one done later, one in another quarter.
    assert found["005A", "activities"] == (5, 2)
    assert found["005M", "team_new_logo_bookings"] == (20000, 10000)
    assert found["005M", "team_units"] == (16, 9)


def test_a_deal_that_changes_hands_after_its_booking_takes_its_credit_along(
    systems: Systems,
) -> None:
    assert systems.rows(
        "select participant_id, cause, recorded_on, credit_amount from attainment.fct_credit "
        "where opportunity_id = '006X' order by recorded_on, credit_amount"
    ) == [
        ("005B", "book", date(2026, 3, 12), 20000),
        ("005B", "recredit", date(2026, 5, 4), -20000),
        ("005A", "recredit", date(2026, 5, 4), 20000),
    ]
    assert achieved(systems)["005B", "bookings"][1] == 0


def test_what_was_taken_back_was_there_before(systems: Systems) -> None:
    assert systems.rows(
        "select measure, sum(achieved_amount) from attainment.fct_achievement "
        "where participant_id = '005A' and recorded_on <= date '2026-04-30' "
        "and effective_on >= date '2026-02-01' and measure <> 'bookings' "
        "group by measure order by measure"
    ) == [
        ("accepted_opportunities", 3),
        ("activities", 2),
        ("new_logo_bookings", 10000),
        ("units", 8),
    ]


def test_leave_is_taken_out_of_the_quota(systems: Systems) -> None:
    """15 of 89 days on leave."""
    quota_amount, _ = achieved(systems)["005B", "bookings"]
    assert quota_amount == Decimal("33258.43")
    assert systems.rows(
        "select is_in_seat_all_period, is_fully_ramped from attainment.fct_quota_attainment "
        "where participant_id = '005B' and measure = 'bookings'"
    ) == [(False, True)]


def test_a_territory_that_is_handed_over_shares_its_quota(systems: Systems) -> None:
    """45 and 44 of 89 days."""
    found = achieved(systems)
    assert found["005A", "overlay_bookings"][0] == Decimal("4601.12")
    assert found["005B", "overlay_bookings"][0] == Decimal("4498.88")


def test_policies_change_what_counts(tmp_path: Path) -> None:
    """Without relief all of it counts; of 64 working days, 32 come before the handover."""
    strict = built(tmp_path, leave_relief=False, proration_days="working_days")
    found = achieved(strict)
    assert found["005B", "bookings"][0] == 40000
    assert found["005A", "overlay_bookings"][0] == 4550
    assert found["005B", "overlay_bookings"][0] == 4550
