"""Who leads whom: nobody at all is told of, and one of several without a manager is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.quality.dbt_tests import results_from_run
from pipelines.transform.dbt_project import DbtProject
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("several territories")

DAY = date(2026, 3, 8)
MODELS = ("fct_quota_attainment", "dim_participant")
CHECKS = ("participant_has_a_manager", "managers_are_known")


def user(record: str, manager: str) -> Row:
    return {
        "Id": record, "LastName": record, "IsActive": "1", "ManagerId": manager,
        "CreatedDate": "2025-01-01 10:00:00", "SystemModstamp": "2025-01-01 10:00:00",
    }  # fmt: skip


def quota(seller: str) -> Row:
    return {
        "quota_id": seller, "participant_id": seller, "measure": "bookings", "currency": "USD",
        "period_start_on": "2026-01-01", "period_end_on": "2026-04-01", "quota_amount": "900",
        "version": "1", "basis": "as_given", "status": "approved",
        "approved_at": "2025-12-20T16:00:00Z",
    }  # fmt: skip


def checked(folder: Path, *users: Row) -> dict[str, tuple[str, str, int | None]]:
    """Status, severity and failing rows of the two checks, of two sellers with a quota each."""
    systems = Systems.of(folder, "salesforce", "finance")
    systems.deliver(DAY, "salesforce", user=users, opportunity=[])
    systems.deliver(DAY, "finance", quota=[quota("005A"), quota("005B")])
    systems.build(*MODELS)
    project = DbtProject(systems.company)
    outcome = project.build(*CHECKS, models=False)
    with duckdb.connect(str(systems.company.warehouse_file)) as connection:
        results = results_from_run(outcome.result, connection)
    return {
        result.check_id.removeprefix("dbt."): (result.status, result.severity, result.n_failed)
        for result in results
    }


@pytest.mark.parametrize(
    ("managers", "one_lacks_theirs", "nobody_has_one"),
    [
        (("", ""), ("pass", "block", 0), ("fail", "warn", 2)),
        (("005B", ""), ("fail", "block", 1), ("pass", "warn", 0)),
        (("005M", "005M"), ("pass", "block", 0), ("pass", "warn", 0)),
    ],
    ids=["nobody has one", "one has none", "all have one"],
)
def test_a_seller_without_a_manager(
    tmp_path: Path, managers: tuple[str, str], one_lacks_theirs: object, nobody_has_one: object
) -> None:
    found = checked(tmp_path, user("005A", managers[0]), user("005B", managers[1]))
    assert found == dict(zip(CHECKS, (one_lacks_theirs, nobody_has_one), strict=True))
