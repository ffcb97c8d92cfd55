"""Late, missing and impossible extracts are judged by one clock, in the company's time zone."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import clock
from pipelines.assets.raw import load_results
from pipelines.assets.release import Contents, _freshness
from pipelines.contracts import catalogue
from pipelines.ingest import IngestError, LandingError, landed_days, missed_days
from pipelines.ingest.results import BatchResult
from pipelines.notices import notices_of
from pipelines.quality import CheckResult, decide
from pipelines.settings import PROJECT_ROOT, load_company
from tests.ingest.world import DEALS, SHOP, World, days, make_company, write_contract

DAY = days(10)[0]


@pytest.fixture(autouse=True)
def _contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "contracts").mkdir()
    document = SHOP | {
        "objects": SHOP["objects"] | {"deal": SHOP["objects"]["deal"] | {"freshness_days": 3}}
    }
    write_contract(tmp_path / "contracts", document)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path / "contracts")


def shop(tmp_path: Path, **company: str) -> World:
    return World.of(tmp_path / "shop", choice=company.pop("choice", "{}"), **company)


def test_today_is_of_the_company_s_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 3, 10, 23, 30, tzinfo=UTC).astimezone(tz)  # type: ignore[arg-type]

    monkeypatch.setattr(clock, "datetime", Clock)
    seen = {}
    for zone in ("America/New_York", "UTC", "Asia/Tokyo"):
        file = make_company(tmp_path, "{shop: {}}", time_zone=zone).file
        file.write_text(file.read_text().replace("today: 2039-12-31\n", ""))
        seen[zone] = clock.today(load_company(file))
    assert seen == {
        "America/New_York": DAY, "UTC": DAY, "Asia/Tokyo": date(2026, 3, 11)
    }  # fmt: skip


def test_a_company_may_pretend_a_day(tmp_path: Path) -> None:
    company = make_company(tmp_path, "{shop: {}}", today="2026-03-11")
    assert clock.today(company) == date(2026, 3, 11)
    assert clock.shown_today(company) == "today is 2026-03-11 by `today` in company.yml"


def test_nothing_else_asks_which_day_it_is() -> None:
    """Moments of what the program does are told in UTC; no day of a company is made from them."""
    asked = []
    for file in sorted((PROJECT_ROOT / "pipelines").rglob("*.py")):
        if file.name == "clock.py" and file.parent.name == "pipelines":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            name, given = node.func.attr, [ast.unparse(each) for each in node.args]
            if name in {"today", "utcnow"} or (name == "now" and given != ["UTC"]):
                asked.append(f"{file.name}: {ast.unparse(node)}")
    assert asked == []


@pytest.mark.parametrize("day", ["2026-03-11", "2026-04-10", "2039-12-31"])
def test_a_day_that_is_still_to_come_is_asked_for(tmp_path: Path, day: str) -> None:
    world = shop(tmp_path, today="2026-03-10")
    on = date.fromisoformat(day)
    with pytest.raises(LandingError, match=rf"{day} is still to come, today is 2026-03-10 .*--unu"):
        world.deliver(on, DEALS)
    assert not world.company.paths.landing.exists()
    world.deliver(on, DEALS, unusual_day=on)
    assert landed_days(world.company) == [on]
    # Named once, it is no question any more.
    world.deliver(on, DEALS + "C,1,,,,,\n", replace=True)


@pytest.mark.parametrize("day", ["2000-01-01", "2025-02-02"])
def test_a_day_far_from_the_others_is_asked_for(tmp_path: Path, day: str) -> None:
    world = shop(tmp_path, today="2026-03-12")
    world.deliver(DAY, DEALS)
    on = date.fromisoformat(day)
    with pytest.raises(LandingError, match=r"days from the nearest extract day, 2026-03-10.*--unu"):
        world.deliver(on, DEALS)
    world.deliver(on, DEALS, unusual_day=on)
    assert landed_days(world.company) == [on, DAY]


def test_ordinary_days_are_not_asked_for(tmp_path: Path) -> None:
    world = shop(tmp_path, today="2026-03-12")
    for day in ("2014-10-01", "2015-10-01", "2014-01-01"):
        world.deliver(date.fromisoformat(day), DEALS)


def test_the_day_has_to_be_named_as_it_is(tmp_path: Path) -> None:
    world = shop(tmp_path, today="2026-03-10")
    with pytest.raises(LandingError, match="names another day"):
        world.deliver(date(2026, 3, 12), DEALS, unusual_day=date(2026, 3, 21))


@pytest.mark.parametrize("day", ["1900-01-01", "0001-01-01", "2041-01-01", "9999-12-31"])
def test_a_day_outside_the_calendar_is_refused_everywhere(tmp_path: Path, day: str) -> None:
    world = shop(tmp_path)
    on = date.fromisoformat(day)
    with pytest.raises(IngestError, match=rf"{day} is outside the company's calendar, 2000-01-01"):
        world.deliver(on, DEALS, unusual_day=on)
    folder = world.company.paths.landing / "shop" / "deal" / day
    folder.mkdir(parents=True)
    (folder / "deals.csv").write_text(DEALS)
    with pytest.raises(IngestError, match=rf"{day} is outside the company's calendar"):
        world.load()


@pytest.mark.parametrize(
    ("today", "last"), [("2026-03-11", 10), ("2026-03-12", 10), ("2026-03-14", 12)]
)
def test_days_are_missed_up_to_the_day_before_yesterday(
    tmp_path: Path, today: str, last: int
) -> None:
    world = shop(tmp_path, choice="{every: day}", today=today)
    world.deliver(DAY, DEALS)
    missed = [each.day for each in missed_days(world.company, "shop")]
    assert missed == days(*range(11, last + 1))


def fresh(tmp_path: Path, today: str, **delivered: date) -> CheckResult:
    company = make_company(tmp_path, "{shop: {}}", today=today)
    batches = [BatchResult("shop", name, day, 1, "loaded") for name, day in delivered.items()]
    with duckdb.connect() as connection:
        results = load_results(connection, company, "shop", batches)
    [result] = [result for result in results if result.check_id == "fresh.shop"]
    return result


@pytest.mark.parametrize(
    ("today", "late"), [("2026-03-13", 0), ("2026-03-14", 1), ("2026-04-14", 1), ("2026-08-05", 2)]
)
def test_a_source_that_stops_coming_is_late(tmp_path: Path, today: str, late: int) -> None:
    result = fresh(tmp_path, today, deal=DAY, click=DAY)
    assert (result.status == "fail", result.n_failed or 0) == (late > 0, late)
    if late == 2:
        assert result.example == "click: newest of 2026-03-10, 148 days ago"
        assert "today is 2026-08-05" in str(result.observed)


def test_an_object_may_rest_while_others_of_its_source_come(tmp_path: Path) -> None:
    assert fresh(tmp_path, "2026-08-05", deal=date(2026, 8, 5), click=DAY).status == "pass"


def test_what_is_late_is_told(tmp_path: Path) -> None:
    result = fresh(tmp_path, "2026-08-05", deal=DAY)
    verdict = decide([result.expected], [result])
    assert verdict.decision == "publish_with_warnings"
    company = make_company(tmp_path, "{shop: {}}", today="2026-08-05")
    [notice] = notices_of(company, verdict, (), succeeded=True)
    assert (notice.kind, notice.lines[0]) == ("late", f"raw.shop: {result.example}")


def test_the_report_counts_from_today() -> None:
    from pipelines.publish import InputBatch

    batch = InputBatch(batch_id="1", source="crm", object="deal", extract_on=DAY)
    contents = Contents(DAY, [], [], {}, [batch], [], None, [], [])
    [row] = _freshness(contents, date(2026, 8, 5))
    assert (row.newest_on, row.days_behind) == (DAY, 148)
