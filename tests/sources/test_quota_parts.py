"""Several Salesforce quotas of one user and month: parts of one, or of several forecast types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.sources.world import Row, Systems

DAYS = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]
pytestmark = pytest.mark.xdist_group("quota_parts")

TYPES = {"0DbR": "bookings", "0DbU": "units"}


def quota(key: str, amount: str, day: int, type_id: str = "", **more: str) -> Row:
    at = f"{DAYS[day]} 10:00:00"
    return {
        "id": key,
        "quota_owner_id": "005A",
        "quota_amount": amount,
        "start_date": "2026-02-01",
        "is_quantity": "false",
        "forecasting_type_id": type_id,
        "created_date": f"{DAYS[0]} 09:00:00",
        "system_modstamp": at,
        **more,
    }


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(tmp_path_factory.mktemp("parts"), salesforce="connector")
    chosen = systems.company.policies.model_copy(
        update={"quota_parts": "add_up", "forecast_types": TYPES}
    )
    systems = replace(systems, company=systems.company.model_copy(update={"policies": chosen}))
    deliveries = [
        [quota("1", "100", 0), quota("2", "40", 0), quota("3", "7", 0, "0DbU")],
        [quota("2", "50", 1), quota("4", "1000", 1, start_date="2026-03-01")],
        [quota("1", "100", 2, _fivetran_deleted="true")],
    ]
    for day, rows in zip(DAYS, deliveries, strict=True):
        systems.deliver(day, "salesforce", forecasting_quota=rows, opportunity=[])
    systems.build("core_quota_period")
    return systems


QUOTAS = (
    "select quota_id, measure, quota_on, known_from_on, quota_amount_in_currency "
    "from core.core_quota_period order by quota_on, measure, known_from_on, quota_id"
)


def test_parts_are_one_quota_as_known_at_each_moment(parts: Systems) -> None:
    february, march = date(2026, 2, 1), date(2026, 3, 1)
    assert parts.rows(QUOTAS) == [
        ("1", "bookings", february, DAYS[0], Decimal(140)),
        ("1", "bookings", february, DAYS[1], Decimal(150)),
        ("1", "bookings", february, DAYS[2], Decimal(50)),
        ("3", "units", february, DAYS[0], Decimal(7)),
        ("4", "bookings", march, DAYS[1], Decimal(1000)),
    ]


def test_a_whole_cites_the_part_that_changed(parts: Systems) -> None:
    assert parts.rows(
        "select known_from_on, source_file, source_line from core.core_quota_period "
        "where quota_id = '1' and known_from_on = date '2026-03-03'"
    ) == [
        (
            DAYS[1],
            "salesforce/forecasting_quota/2026-03-03/salesforce_forecasting_quota.csv",
            2,
        )
    ]
