"""A day on which an object did not come: shown while it is missing, in its place when it comes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.ingest import missed_days, write_missed_days
from tests.ingest.world import DEALS, HEADER, World, days

pytestmark = pytest.mark.usefixtures("contracts")
CLICKS = "day_on,n_clicks\n2026-03-01,5\n"


def test_nothing_is_expected_of_a_source_without_a_rhythm(tmp_path: Path) -> None:
    world = World.of(tmp_path)
    world.deliver(days(1)[0], DEALS)
    world.deliver(days(9)[0], DEALS)
    assert missed_days(world.company, "shop") == []


@pytest.mark.parametrize(
    ("every", "expected"),
    [("day", [3, 4, 5, 6, 7, 8]), ("weekday", [3, 4, 5, 6]), ("week", [])],
)
def test_days_between_two_deliveries(tmp_path: Path, every: str, expected: list[int]) -> None:
    world = World.of(
        tmp_path, choice=f"{{every: {every}}}", today="2026-03-10"
    )  # 2026-03-02 is a Monday
    for day in days(2, 9):
        world.deliver(day, DEALS)
    assert [each.day for each in missed_days(world.company, "shop")] == days(*expected)


def test_an_object_that_stopped_coming_is_missed_up_to_the_newest_day_of_any_object(
    tmp_path: Path,
) -> None:
    world = World.of(tmp_path, choice="{every: day}", today="2026-03-04")
    world.deliver(days(1)[0], DEALS)
    for day in days(1, 2, 3):
        world.deliver(day, CLICKS, "clicks.csv")
    missed = missed_days(world.company, "shop")
    assert [(each.object, each.day) for each in missed] == [
        ("deal", date(2026, 3, 2)),
        ("deal", date(2026, 3, 3)),
    ]


def test_a_missed_day_is_filled_in_order_when_it_comes(tmp_path: Path) -> None:
    changed = DEALS.replace("A,10.5", "A,11").replace("2026-01-05", "2026-03-02")
    later = changed.replace("A,11", "A,12").replace("2026-03-02", "2026-03-03")
    late, punctual = (
        World.of(tmp_path / name, choice="{every: day}", today="2026-03-04") for name in "ab"
    )
    for day, content in zip(days(1, 2, 3), (DEALS, changed, later), strict=True):
        punctual.deliver(day, content)
    punctual.load()

    late.deliver(days(1)[0], DEALS)
    late.deliver(days(3)[0], later)
    late.load()
    write_missed_days(late.connection, "shop", missed_days(late.company, "shop"))
    shown = late.rows("select * from control.missed_days")
    assert shown == [("shop", "deal", date(2026, 3, 2))]
    assert late.log() != punctual.log()

    late.deliver(days(2)[0], changed)
    late.load()
    write_missed_days(late.connection, "shop", missed_days(late.company, "shop"))
    assert late.rows("select * from control.missed_days") == []
    assert late.log() == punctual.log()


def test_a_header_alone_is_a_delivery(tmp_path: Path) -> None:
    world = World.of(tmp_path, choice="{every: day}", today="2026-03-04")
    for day, content in zip(days(1, 2, 3), (HEADER, HEADER, HEADER), strict=True):
        world.deliver(day, content)
    assert missed_days(world.company, "shop") == []
