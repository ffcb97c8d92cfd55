"""The landing sensor starts one run for every change of the landing folder."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.automation import build_landing_sensor
from pipelines.settings import Company
from tests.ingest.world import make_company


class Watching:
    """The sensor as the daemon asks it, again and again, with the cursor it left."""

    def __init__(self, company: Company) -> None:
        self.sensor = build_landing_sensor(company)
        self.cursor: str | None = None

    def look(self, *, loses_cursor: bool = False) -> list[str]:
        """The run keys of one look."""
        context = dg.build_sensor_context(cursor=self.cursor)
        result = self.sensor(context)
        is_run = isinstance(result, dg.SensorResult)
        if not loses_cursor:
            self.cursor = result.cursor if is_run else context.cursor
        return [str(run.run_key) for run in result.run_requests or []] if is_run else []

    def looks(self, n: int = 3) -> list[str]:
        return [key for _ in range(n) for key in self.look()]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = make_company(tmp_path, "{shop: {}}")
    day(made).mkdir(parents=True)
    (day(made) / "deals.csv").write_text("id\nA\n")
    return made


def day(company: Company) -> Path:
    return company.paths.landing / "shop" / "deal" / "2026-03-01"


def test_what_was_there_before_is_left_to_the_schedule(company: Company) -> None:
    assert Watching(company).looks() == []


def test_a_file_that_is_moved_away_and_back_starts_two_runs(
    company: Company, tmp_path: Path
) -> None:
    watching = Watching(company)
    watching.looks()
    keys = []
    for _ in range(3):
        day(company).rename(tmp_path / "away")
        keys += watching.looks()
        (tmp_path / "away").rename(day(company))
        keys += watching.looks()
    assert len(keys) == len(set(keys)) == 6


def test_a_change_that_goes_back_before_it_settled_is_none(company: Company) -> None:
    watching = Watching(company)
    watching.looks()
    new = day(company) / "more.csv"
    new.write_text("id\n")
    assert watching.look() == []
    new.unlink()
    assert watching.looks() == []


def test_files_that_still_arrive_are_waited_for(company: Company) -> None:
    watching = Watching(company)
    watching.looks()
    for n in range(3):
        (day(company) / f"deals{n}.csv").write_text("id\n")
        assert watching.look() == []
    assert len(watching.looks()) == 1


def test_a_run_whose_cursor_was_lost_is_the_same_run(company: Company) -> None:
    """Dagster keeps the cursor after it has started the run; killed in between, it asks again."""
    watching = Watching(company)
    watching.looks()
    (day(company) / "more.csv").write_text("id\n")
    watching.look()
    [lost] = watching.look(loses_cursor=True)
    assert watching.look() == [lost]


def test_a_cursor_of_an_earlier_version_is_understood(company: Company) -> None:
    watching = Watching(company)
    watching.cursor = "0123456789abcdef|"
    assert len(watching.looks()) == 1
