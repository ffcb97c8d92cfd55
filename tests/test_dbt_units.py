"""The fixtures computed by hand that stand beside the SQL: dbt's own unit tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.ingest import ensure_tables
from pipelines.ingest.reference import write_reference
from pipelines.settings import PROJECT_ROOT
from pipelines.transform.dbt_project import DBT_PROJECT, DbtProject
from tests.deployment import Deployment

pytestmark = pytest.mark.xdist_group("dbt_units")

EXPECTED = {
    "direct_splits_share_a_deal_and_an_overlay_stands_apart",
    "splits_beyond_the_whole_leave_the_house_in_debt",
    "a_later_change_of_splits_is_a_new_generation",
    "credit_of_a_booking_is_its_amount",
    "a_ramp_asks_for_its_share_of_each_month",
    "whole_months_of_a_quota_count_by_their_ramp",
    "a_quota_is_as_long_as_the_starts_of_its_calendar_are_apart",
    "a_quota_ends_by_the_fiscal_calendar_or_with_the_next_one",
    "attainment_is_of_what_counts_and_of_the_full_quota",
    "a_territory_handed_over_shares_its_quota_by_days",
    "tiers_pay_marginally_or_on_everything",
    "a_booking_has_three_amounts",
    "what_is_booked_is_adjusted_when_its_rate_changes",
    "shares_lie_side_by_side_on_the_whole",
    "a_quota_is_another_one_from_when_a_seat_is_known",
    "parts_of_several_territories_are_one_quota",
    "a_quota_is_cut_between_the_teams_of_its_period",
    "what_no_quota_covers_counts_in_the_rest_of_the_quarter",
    "a_quarter_is_sold_in_by_whoever_is_in_seat_all_of_it",
    "without_seats_who_is_there_or_booked_sells",
    "what_does_not_differ_is_no_break",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Result of every unit test by name, on the demo company's sources without any data."""
    folder = tmp_path_factory.mktemp("units")
    company = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", folder).company
    company.paths.warehouse.mkdir(parents=True)
    with duckdb.connect(str(company.warehouse_file)) as connection:
        ensure_tables(connection, company)
        write_reference(connection, company)
    project = DbtProject(company)
    built = project.build(full_refresh=True, tests=False)
    assert built.success
    arguments = [
        "--quiet", "--log-level-file", "none", "--no-write-json",
        "test", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
        "--vars", json.dumps(project.variables | {"unit_tests": True}),
        "--select", "test_type:unit", *project.everything,
    ]  # fmt: skip
    with project.runner() as dbt:
        result = dbt.invoke(arguments)
    assert result.exception is None, result.exception
    return {run.node.name: run for run in result.result}


def test_all_of_them_run(outcomes: dict[str, Any]) -> None:
    assert set(outcomes) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_fixture(outcomes: dict[str, Any], name: str) -> None:
    run = outcomes[name]
    assert run.status == "pass", run.message


def test_a_run_of_the_pipeline_leaves_them_out(tmp_path: Path) -> None:
    company = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", tmp_path).company
    assert not DbtProject(company).manifest()["unit_tests"]
