"""A quota of a team is one team's, also where two regions have a team of that name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.transform.dbt_project import DbtProject
from tests.sources.deals import deal, sellers
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("quotas of teams")

DAY = date(2026, 3, 31)
CHECKS = ("quota_node_is_known", "quota_node_is_one")


def territory(seller: str, region: str, name: str = "East") -> Row:
    return {
        "participant_id": seller, "territory_id": f"T-{region}-{name}", "territory_name": name,
        "region": region, "valid_from": "2025-01-01",
    }  # fmt: skip


def quota(node: str, amount: str) -> Row:
    return {
        "quota_id": node, "node": node, "measure": "bookings", "version": "1",
        "period_start_on": "2026-02-01", "period_end_on": "2026-05-01", "quota_amount": amount,
        "currency": "USD", "status": "approved", "approved_at": "2026-01-20T10:00:00Z",
    }  # fmt: skip


def company(folder: Path, *quotas: Row) -> Systems:
    systems = Systems.of(folder, "finance", salesforce="connector")
    systems.deliver(
        DAY,
        "salesforce",
        user=sellers("A", "B", "C"),
        opportunity=[
            deal("a", "Closed Won", 100, "2026-03-10 15:00:00"),
            deal("b", "Closed Won", 900, "2026-03-10 15:00:00", owner_id="B"),
        ],
    )
    systems.deliver(
        DAY,
        "finance",
        territory=[territory("A", "AMER"), territory("B", "EMEA"), territory("C", "EMEA", "West")],
        quota=list(quotas),
    )
    systems.build("fct_quota_attainment_node", "core_quota")
    return systems


def failed(systems: Systems) -> dict[str, int | None]:
    outcome = DbtProject(systems.company).build(*CHECKS, models=False)
    found = {run.node.name: run for run in outcome.result}
    assert {run.status for run in found.values()} <= {"pass", "fail"}
    assert set(found) == set(CHECKS)
    return {name: run.failures for name, run in found.items() if run.status == "fail"}


def test_a_name_that_two_regions_have_is_refused(tmp_path: Path) -> None:
    systems = company(tmp_path, quota("team/East", "5000"), quota("team/West", "7000"))
    assert failed(systems) == {"quota_node_is_one": 1}


def test_each_of_them_is_named_with_its_region(tmp_path: Path) -> None:
    systems = company(
        tmp_path,
        quota("team/AMER/East", "5000"),
        quota("team/EMEA/East", "6000"),
        quota("team/West", "7000"),
    )
    assert failed(systems) == {}
    assert systems.rows(
        "select node_key, quota_amount, credit_amount from attainment.fct_quota_attainment_node "
        "where hierarchy = 'as_was' and node_type = 'team' and measure = 'bookings' "
        "and period_start_on = date '2026-02-01' order by 1"
    ) == [
        ("team/AMER/East", Decimal(5000), Decimal(100)),
        ("team/EMEA/East", Decimal(6000), Decimal(900)),
        ("team/EMEA/West", Decimal(7000), Decimal(0)),
    ]


def test_a_node_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert failed(company(tmp_path, quota("team/APAC/East", "5000"))) == {"quota_node_is_known": 1}


def test_a_quota_stands_before_anybody_has_sold_or_has_one(tmp_path: Path) -> None:
    """Nobody in the newest quarter: the nodes with quotas are there, and those above them."""
    later = {"period_start_on": "2026-05-01", "period_end_on": "2026-08-01"}
    systems = company(
        tmp_path, quota("team/West", "7000") | later, quota("company", "20000") | later
    )
    assert failed(systems) == {}
    for hierarchy in ("as_was", "as_is", "as_planned"):
        assert systems.rows(
            "select node_key, parent_node_key, node_name, attainment_state, n_people, "
            "quota_amount, credit_amount from attainment.fct_quota_attainment_node "
            f"where hierarchy = '{hierarchy}' and period_start_on = date '2026-05-01' order by 1"
        ) == [
            ("company", None, "company", "ahead", 0, Decimal(20000), Decimal(0)),
            ("region/EMEA", "company", "EMEA", "no_quota", 0, None, Decimal(0)),
            ("team/EMEA/West", "region/EMEA", "West", "ahead", 0, Decimal(7000), Decimal(0)),
        ]
