"""Sellers who work several territories at once: whole in every total, shared by territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.transform.dbt_project import DbtProject
from tests.people.company import crm
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("several territories")

DAY = date(2026, 3, 8)
START = "2025-01-01"


def assignment(seller: str, name: str, share: str, since: str = START, until: str = "") -> Row:
    return {
        "participant_id": seller,
        "territory_id": f"T-{name}",
        "territory_name": name,
        "region": "AMER",
        "valid_from": since,
        "valid_to": until,
        "share_pct": share,
    }


ASSIGNMENTS = [
    # A gives up the one that mattered most after the deal was booked.
    assignment("005A", "East", "0.5", until="2026-03-01"),
    assignment("005A", "North", "0.3", until="2026-03-01"),
    assignment("005A", "West", "0.2", until="2026-03-01"),
    assignment("005A", "North", "0.6", "2026-03-01"),
    assignment("005A", "West", "0.4", "2026-03-01"),
    # Thirds, of which nobody said how large they are; West was the first.
    assignment("005B", "East", "", "2025-03-01"),
    assignment("005B", "North", "", "2025-03-01"),
    assignment("005B", "West", ""),
    # One, which ended before the deal was booked.
    assignment("005C", "East", "", until="2026-02-15"),
]


def sales_force(folder: Path, territories_at_once: str, assignments: Sequence[Row]) -> Systems:
    systems = Systems.of(folder, "finance", salesforce="connector")
    policies = systems.company.policies.model_copy(
        update={"territories_at_once": territories_at_once}
    )
    systems = replace(systems, company=systems.company.model_copy(update={"policies": policies}))
    systems.deliver(DAY, "salesforce", **crm())
    systems.deliver(DAY, "finance", territory=assignments, quota=[])
    return systems


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = sales_force(tmp_path_factory.mktemp("shared"), "shared", ASSIGNMENTS)
    systems.build("fct_credit_matrix", "fct_linearity", "fct_opportunity")
    systems.build("dim_participant", "bridge_territory_assignment")
    return systems


def test_credit_is_divided_by_the_shares_of_the_day_and_of_today(shared: Systems) -> None:
    """Of 1,000, what stays in North or West is there on both days; East's half goes to both."""
    assert shared.rows(
        "select territory_id, territory_id_asis, credit_amount from attainment.fct_credit_matrix "
        "where team_asis = 'North' order by all"
    ) == [
        ("T-East", "T-North", Decimal(500)),
        ("T-North", "T-North", Decimal(100)),
        ("T-North", "T-West", Decimal(200)),
        ("T-West", "T-West", Decimal(200)),
    ]


def test_equal_parts_lose_nothing(shared: Systems) -> None:
    """1,000 in thirds, and nobody moved."""
    assert shared.rows(
        "select territory_id, territory_id_asis, credit_amount from attainment.fct_credit_matrix "
        "where team = 'West' order by all"
    ) == [
        ("T-East", "T-East", Decimal("333.3333")),
        ("T-North", "T-North", Decimal("333.3334")),
        ("T-West", "T-West", Decimal("333.3333")),
    ]


def test_credit_of_somebody_without_a_territory_is_in_none(shared: Systems) -> None:
    """C left East before the deal was booked, F never had one."""
    assert shared.rows(
        "select team, territory_id, credit_amount from attainment.fct_credit_matrix "
        "where territory_id = 'unassigned' order by all"
    ) == [("East", "unassigned", Decimal(1000)), ("unassigned", "unassigned", Decimal(1000))]


def test_everybody_is_in_one_team_a_day(shared: Systems) -> None:
    """The largest share's, else that of the territory worked first."""
    assert shared.rows(
        "select participant_id, team, territory_id, valid_from from shared.dim_participant "
        "where participant_id in ('005A', '005B') and team is not null order by all"
    ) == [
        ("005A", "East", "T-East", date(2025, 1, 1)),
        ("005A", "North", "T-North", date(2026, 3, 1)),
        ("005B", "West", "T-West", date(2025, 1, 1)),
    ]


def test_totals_of_teams_are_the_same_in_every_table(shared: Systems) -> None:
    by_team = [("East", 2000), ("West", 1000), ("unassigned", 1000)]
    for sql in (
        "select team, sum(credit_amount) from attainment.fct_credit_matrix group by team",
        "select split_part(node_key, '/', 3), booked_amount from attainment.fct_linearity "
        "where node_type = 'team'",
        "select coalesce(team, 'unassigned'), sum(amount) from pipeline.fct_opportunity "
        "where status = 'won' group by team",
    ):
        assert sorted(shared.rows(sql)) == by_team, sql


def failing(systems: Systems, test: str) -> int:
    """Rows on which a test of the assignments fails."""
    outcome = DbtProject(systems.company).build(test, models=False)
    (run,) = outcome.result
    assert run.status in {"pass", "fail"}, run.message
    return int(run.failures)


TESTS = (
    "territory_assignments_do_not_overlap",
    "sellers_work_one_territory_at_a_time",
    "territory_shares_add_up",
)


def test_what_is_delivered_in_whole_shares_is_let_in(shared: Systems) -> None:
    assert [failing(shared, test) for test in TESTS] == [0, 0, 0]


def test_without_the_company_s_word_two_at_once_are_refused(tmp_path: Path) -> None:
    systems = sales_force(tmp_path, "one", ASSIGNMENTS)
    systems.build("bridge_territory_assignment")
    assert [failing(systems, test) for test in TESTS] == [0, 5, 0]
