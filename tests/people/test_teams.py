"""One rule for the team of a person on a day, in every table that has teams (M84)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pipelines.assets.reconcile import FOLDER
from pipelines.quality.reconciliation import load_reconciliations
from pipelines.transform.dbt_project import DbtProject, entity_sources
from tests.people.company import SELLERS, THIRD
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("people")

TEAMS = {
    "005A": "West",
    "005B": "East",
    "005C": "East",
    "005D": None,
    "005E": "unassigned",
    "005F": "West",
    "005G": "North",
    "005H": "East",
}
"""C left his territory and D never had one; roles say `AE - East` of both."""


def test_attainment_has_the_team_of_the_territory_or_the_last_one(people: Systems) -> None:
    found = people.rows(
        "select participant_id, team from attainment.fct_quota_attainment "
        "where measure = 'bookings'"
    )
    assert dict(found) == TEAMS


def test_every_table_of_open_deals_has_the_same_teams(people: Systems) -> None:
    today = dict(
        people.rows(
            "select owner_id, team from pipeline.fct_pipeline_snapshot "
            "where is_latest and owner_id <> '7'"
        )
    )
    assert today == TEAMS | {"005M": None}
    assert today == dict(
        people.rows(
            "select owner_id, team from pipeline.fct_opportunity where status = 'open' "
            "and owner_id <> '7'"
        )
    )


def test_managers_are_in_no_team_and_region_of_their_role(people: Systems) -> None:
    assert people.rows(
        "select distinct team, region, is_unassigned from shared.dim_participant "
        "where participant_id in ('005D', '005M', '005N', '005V')"
    ) == [(None, None, True)]


def test_quota_by_team_is_the_same_in_both_tables(people: Systems) -> None:
    """9,000 a seller: three are in East, two in West, one each in the others, one in none."""
    by_hand = {
        ("East", False): 27000,
        ("West", False): 18000,
        ("North", False): 9000,
        ("unassigned", False): 9000,
        ("unassigned", True): 9000,
    }
    for hierarchy in ("as_was", "as_is", "as_planned"):
        found = people.rows(
            "select node_name, is_unassigned, sum(street_quota_amount) "
            "from attainment.fct_quota_attainment_node where node_type = 'team' "
            f"and measure = 'bookings' and period_start_on = '2026-02-01' "
            f"and hierarchy = '{hierarchy}' group by all having sum(street_quota_amount) > 0"
        )
        moved = 9000 if hierarchy == "as_planned" else 0
        expected = {key: Decimal(amount) for key, amount in by_hand.items()}
        expected["East", False] += moved
        expected["West", False] -= moved
        if hierarchy == "as_was":
            # A was in East for 19 of the 89 days.
            expected["East", False] += Decimal("1921.35")
            expected["West", False] -= Decimal("1921.35")
        assert {(name, flag): amount for name, flag, amount in found} == expected
    assert {
        (team or "unassigned", team is None): amount
        for team, amount in people.rows(
            "select team, sum(quota_amount) from attainment.fct_quota_attainment "
            "where measure = 'bookings' group by team"
        )
    } == {key: Decimal(amount) for key, amount in by_hand.items()}


def test_a_team_that_is_called_unassigned_stays_apart(people: Systems) -> None:
    """E is in it, D and the manager are in none."""
    assert people.rows(
        "select node_key, is_unassigned, n_open from forecast.fct_forecast "
        f"where node_type = 'team' and node_name = 'unassigned' and as_of_on = '{THIRD}' "
        "and method = 'crm_weighted' and period_key = 'all' order by all"
    ) == [('team/AMER/"unassigned"', False, 1), ("team/unassigned/unassigned", True, 2)]


def test_no_table_contradicts_another(people: Systems) -> None:
    checks = [
        each
        for each in load_reconciliations(FOLDER, entity_sources(people.company))
        if each.table == "shared.dim_participant"
    ]
    assert len(checks) == 4
    for check in checks:
        assert people.rows(check.sql) == [], check.name


def test_a_territory_without_a_first_day_is_from_the_start(people: Systems) -> None:
    assert people.rows(
        "select team, valid_from, valid_to, is_latest from shared.dim_participant "
        "where participant_id = '005G' and team is not null order by valid_from"
    ) == [
        ("North", date(1900, 1, 1), date(2026, 3, 5), False),
        ("North", date(2026, 3, 5), date(9999, 12, 31), True),
    ]


def test_everybody_has_one_row_of_today(people: Systems) -> None:
    assert people.rows(
        "select participant_id, count(*) filter (is_latest) from shared.dim_participant "
        "group by participant_id order by 1"
    ) == [(key, 1) for key in sorted([*SELLERS, "005F", "005M", "005N", "005V", "7"])]


def test_a_manager_has_the_name_he_had_on_the_day(people: Systems) -> None:
    """Renamed to a name that comes earlier in the alphabet, on 5 March."""
    assert people.rows(
        "select manager_name, valid_from, valid_to from shared.dim_participant "
        "where participant_id = '005E' order by valid_from"
    ) == [
        ("Andrew Fuller", date(1900, 1, 1), date(2025, 1, 1)),
        ("Andrew Fuller", date(2025, 1, 1), date(2026, 3, 5)),
        ("Aaron Fuller", date(2026, 3, 5), date(9999, 12, 31)),
    ]
    assert people.rows(
        "select distinct node_name from attainment.fct_quota_attainment_node "
        "where node_key = 'manager/005M' and period_start_on = '2026-02-01'"
    ) == [("Aaron Fuller",)]


def test_ranges_of_people_hold_at_one_time_only(people: Systems) -> None:
    names = [
        "territory_assignments_do_not_overlap",
        "participant_ranges_do_not_overlap",
        "everybody_is_somewhere_today",
        "nobody_is_above_somebody_twice",
    ]
    outcome = DbtProject(people.company).build(*names, models=False)
    found = {run.node.name: str(run.status) for run in outcome.result}
    assert found == dict.fromkeys(names, "pass")
