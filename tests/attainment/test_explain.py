"""`salesops explain attainment`: from a cell to file and line, with parts that add up."""

from __future__ import annotations

import csv
import re
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.serve import QueryError, explain_attainment
from tests.attainment.conftest import Published

pytestmark = pytest.mark.xdist_group("attainment")


def cells(demo: Published, measure: str) -> list[tuple[str, str, Decimal]]:
    return demo.rows(
        "select participant_id, cast(period_start_on as varchar), credit_amount "
        "from attainment.fct_quota_attainment where measure = ? order by all",
        measure,
    )


@pytest.mark.parametrize("measure", ["bookings", "team_bookings"])
def test_the_parts_add_up_to_the_cell(demo: Published, measure: str) -> None:
    found = cells(demo, measure)
    for participant, period, credit in found[:: max(1, len(found) // 25)]:
        explained = explain_attainment(demo.release, participant, period, measure)
        assert explained.total == explained.attainment.credit_amount == credit
        for deal in explained.deals:
            assert deal.events


def test_every_event_names_the_line_of_an_extract_that_says_so(demo: Published) -> None:
    participant, period, _ = max(cells(demo, "bookings"), key=lambda cell: cell[2])
    explained = explain_attainment(demo.release, participant, period, "bookings")
    landing = demo.deployment.company.paths.landing
    for deal in explained.deals:
        for event in deal.events:
            with (landing / event.source_file).open(encoding="iso-8859-1", newline="") as file:
                reader = csv.DictReader(file)
                row = next(row for row in reader if reader.line_num == event.source_line)
            # The witness is the deal itself or a row of its history.
            assert row.get("OpportunityId", row["Id"]) == deal.opportunity_id


def test_the_command_prints_the_path(demo: Published) -> None:
    participant, period, credit = max(cells(demo, "bookings"), key=lambda cell: cell[2])
    name = demo.value(
        "select participant_name from attainment.fct_quota_attainment "
        f"where participant_id = '{participant}' limit 1"
    )
    result = CliRunner().invoke(
        app,
        [
            "explain", "attainment", "--participant", participant, "--period", period,
            "--company", str(demo.deployment.file),
        ],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert name in result.output
    assert f"{credit:,.2f}" in result.output
    assert re.search(
        r"salesforce/opportunity\w*/2026-\d\d-\d\d/Opportunity\S*, line \d+", result.output
    )
    assert re.search(rf"\d+ parts add up to {re.escape(f'{credit:,.2f}')}", result.output)


def test_who_is_not_there_is_said_with_who_is(demo: Published) -> None:
    participant, period, _ = cells(demo, "bookings")[0]
    with pytest.raises(QueryError, match="did you mean"):
        explain_attainment(demo.release, "Nobody Inparticular", period, "bookings")
    with pytest.raises(QueryError, match=r"bookings: .* periods that start"):
        explain_attainment(demo.release, participant, "1999-01-01", "bookings")
    with pytest.raises(QueryError, match="no single quota on units"):
        explain_attainment(demo.release, participant, period, "units")


def test_a_fiscal_key_is_a_period(demo: Published) -> None:
    participant, _, _ = cells(demo, "bookings")[0]
    start = demo.value(
        "select min(period_start_on) from attainment.fct_quota_attainment "
        f"where participant_id = '{participant}'"
    )
    key = demo.value(
        "select period_key from shared.dim_fiscal_period where period_type = 'quarter' "
        "and period_start_on = ?",
        start,
    )
    explained = explain_attainment(demo.release, participant, key, "bookings")
    assert explained.attainment.period_start_on == start
