"""What somebody cleared in the CRM is empty from then on, and was not before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.deals import deal
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("cleared values")

FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
MODEL = "core_opportunity_version"
KNOWN = (
    "select forecast_category_as_delivered, forecast_category, probability_pct "
    f"from core.{MODEL} where opportunity_id = 'D' order by known_from"
)
STAGE = "Prospecting"


def of(day: date, **told: object) -> Row:
    """The deal as an export of the day has it."""
    return deal("D", STAGE, "100", f"{day} 10:00:00", close_date="2026-06-30") | told


def other(day: date) -> Row:
    return of(day, id="E", forecast_category_name="Best Case", probability="20")


@pytest.mark.parametrize("with_others", [True, False], ids=["full", "alone in its delivery"])
def test_a_cleared_category_and_probability_are_those_of_the_stage(
    tmp_path: Path, *, with_others: bool
) -> None:
    crm = Systems.of(tmp_path, salesforce="connector")
    told = of(FIRST, forecast_category_name="Commit", probability="70")
    cleared = of(SECOND, forecast_category_name="", probability="")
    crm.deliver(FIRST, "salesforce", opportunity=[told, other(FIRST)])
    crm.build(MODEL)
    (before,) = crm.rows(KNOWN)
    assert before == ("Commit", "Commit", Decimal("0.7"))

    crm.deliver(
        SECOND, "salesforce", opportunity=[cleared, other(SECOND)] if with_others else [cleared]
    )
    crm.build(MODEL)
    was, cleared_row = crm.rows(KNOWN)
    assert was == before
    assert cleared_row[0] is None
    assert cleared_row[1] == "Pipeline"
    assert cleared_row[2] is None


def test_records_that_never_tell_of_it_leave_it_to_the_history(tmp_path: Path) -> None:
    crm = Systems.of(tmp_path, salesforce="connector")
    history = {
        "id": "H1", "opportunity_id": "D", "stage_name": STAGE, "amount": "100",
        "forecast_category": "Commit", "probability": "70", "close_date": "2026-06-30",
        "created_date": f"{FIRST} 09:00:00", "system_modstamp": f"{FIRST} 09:00:00",
    }  # fmt: skip
    silent = of(SECOND, forecast_category_name="", probability="")
    never_told = of(FIRST, probability="")
    crm.deliver(FIRST, "salesforce", opportunity=[never_told], opportunity_history=[history])
    crm.deliver(SECOND, "salesforce", opportunity=[silent | {"next_step": "call"}])
    crm.build(MODEL)
    assert {row[:2] for row in crm.rows(KNOWN)} == {("Commit", "Commit")}
    assert {row[2] for row in crm.rows(KNOWN)} == {Decimal("0.7")}
