"""What was known on a day stays what was known on that day, whatever arrives later."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipelines.demo import generate
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("as_of")]

N_EARLY = 3
"""Extract days that had arrived when the first release was made."""

PAST = {
    "opportunities_as_of": "select * from pipeline.opportunities_as_of('{day}')",
    "earlier_day": "select * from pipeline.opportunities_as_of(date '{day}' - 40)",
    "snapshots": (
        "select * exclude (is_latest) from pipeline.fct_pipeline_snapshot "
        "where snapshot_on <= '{day}'"
    ),
    "forecasts": "select * from forecast.fct_forecast where as_of_on <= '{day}'",
    "attainment": "select * from attainment.attainment_as_of('{day}')",
    "bookings": "select * from attainment.bookings_as_of('{day}')",
    "booking_events": (
        "select * exclude (spot_rate, spot_amount) from attainment.fct_booking_event "
        "where recorded_on <= '{day}'"
    ),
    "credit": (
        "select * exclude (quota_key, credit_state, spot_credit_amount) "
        "from attainment.fct_credit where recorded_on <= '{day}'"
    ),
    "achievements": "select * from attainment.fct_achievement where recorded_on <= '{day}'",
    "quotas": (
        "select * exclude (known_to_on, source_file, source_line) "
        "from attainment.fct_quota_in_force "
        "where known_from_on <= '{day}' and known_to_on > '{day}'"
    ),
    "stage_win_rates": "select * from forecast.fct_stage_win_rate where as_of_on <= '{day}'",
}
FINGERPRINT = (
    "select count(*), sum(md5_number_lower(cast(past as varchar)) % 1000000007) from ({}) as past"
)


def content(deployment: Deployment, day: str) -> dict[str, tuple[Any, ...]]:
    """Rows and an order-free fingerprint of each answer about the past."""
    return {
        name: deployment.rows(FINGERPRINT.format(query.format(day=day)))[0]
        for name, query in PAST.items()
    }


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    folder = tmp_path_factory.mktemp("as_of")
    deployment = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", folder)
    days = generate(folder / "extracts", seed=11, scale=0.1).days

    def deliver(some: list[Any]) -> None:
        for day in some:
            landed = deployment.land(day.isoformat(), folder / "extracts" / day.isoformat())
            assert landed.exit_code == 0, landed.output
        ran = deployment.run()
        assert ran.exit_code == 0, ran.output

    early = days[:N_EARLY]
    deliver(early)
    before = content(deployment, early[-1].isoformat())
    deliver(days[N_EARLY:])
    return before, content(deployment, early[-1].isoformat())


@pytest.mark.parametrize("name", list(PAST))
def test_later_extracts_do_not_change_the_past(answers: tuple[Any, Any], name: str) -> None:
    before, after = answers
    n_rows, _ = before[name]
    assert n_rows > 0
    assert after[name] == before[name]


def test_the_fingerprint_sees_a_change() -> None:
    """The comparison above is worth something only if it can fail."""
    with duckdb.connect() as connection:
        one = connection.execute(FINGERPRINT.format("select 1 as a, null as b")).fetchone()
        other = connection.execute(FINGERPRINT.format("select 1 as a, 0 as b")).fetchone()
    assert one != other
