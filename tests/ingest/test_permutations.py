"""The raw log is a pure function of the landing folder: no order of landing and loading matters.

The same deliveries are landed in any order, with loads in between, deliveries repeated, days
corrected and days that come late; the log must equal that of a warehouse that loads all of it once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contracts import catalogue
from pipelines.ingest import land, load
from tests.ingest.world import SHOP, days, make_company, write_contract

pytestmark = pytest.mark.xdist_group("permutations")
EXAMPLES = 220
HEADER = "id,amount,closed_on,is_won,n_items,email,changed_at\n"
CLICKS = "day_on,n_clicks\n"


@dataclass(frozen=True)
class Delivery:
    """One file of one day; a later one of the same name replaces it."""

    day: date
    name: str
    content: str


def deal(name: str, amount: str, at: str, *, is_gone: bool = False) -> str:
    return f"{name},{amount},,{str(is_gone).lower()},,x@shop.example,2026-03-{at}\n"


D1, D2, D3, D4, D5 = days(1, 2, 3, 4, 5)
# Whole extracts with a record that goes and comes back, changes only, two files in a day, an
# increment that repeats what is known and one that is older, and a day that is corrected.
A1, A9 = deal("A", "1", "01 08:00:00"), deal("A", "9", "02 23:00:00")
B2 = deal("B", "2", "01 08:00:00")
C3, C4, C5 = (
    deal("C", "3", "03 08:00:00"),
    deal("C", "4", "03 09:00:00"),
    deal("C", "5", "04 08:00:00"),
)
DELIVERIES = (
    Delivery(D1, "deals.csv", HEADER + A1 + B2),
    Delivery(D2, "deals.csv", HEADER + A1),
    Delivery(D2, "clicks.csv", CLICKS + "2026-03-01,5\n2026-03-02,7\n"),
    Delivery(D3, "deals.delta.csv", HEADER + C3 + C4),
    Delivery(D3, "deals.2.delta.csv", HEADER + A9),
    Delivery(D4, "deals.delta.csv", HEADER + A1 + C5),
    Delivery(D4, "clicks.csv", CLICKS + "2026-03-02,8\n"),
    Delivery(D5, "deals.csv", HEADER + B2 + C5),
)
CORRECTED = Delivery(D2, "deals.csv", HEADER + deal("A", "7", "02 08:00:00"))
WRONG = Delivery(D4, "clicks.csv", CLICKS + "2026-03-02,800\n")

Log = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module", autouse=True)
def _contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("contracts")
    objects = SHOP["objects"]
    increments = {"increments": ["deals*.delta.csv"]}
    described = SHOP | {"objects": objects | {"deal": objects["deal"] | increments}}
    write_contract(folder, described)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "FOLDER", folder)
        yield


@dataclass
class Warehouse:
    """A landing folder and the warehouse that follows it."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.company = make_company(self.folder, "{shop: {}}")
        self.connection = duckdb.connect()

    def land(self, delivery: Delivery) -> None:
        path = self.folder / "outbox" / delivery.name
        path.parent.mkdir(exist_ok=True)
        path.write_text(delivery.content)
        land(self.company, delivery.day, [path], replace=True)

    def load(self) -> None:
        if self.company.paths.landing.is_dir():
            results = load(self.connection, self.company, "shop")
            assert all(result.status != "failed" for result in results)

    def log(self) -> Log:
        """All columns of the raw log and of the ledger, but for the moment of loading."""
        return {
            table: self.connection.execute(f"select {columns} from {table} order by all").fetchall()
            for table, columns in (
                ("raw.shop__deal", "*"),
                ("raw.shop__click", "*"),
                ("control.batches", "* exclude (loaded_at)"),
                ("control.batch_files", "* exclude (stamp)"),
                ("control.rejects", "*"),
            )
        }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The log of a warehouse that loads everything once, in order."""
    warehouse = Warehouse(tmp_path_factory.mktemp("once") / "x")
    for delivery in DELIVERIES:
        warehouse.land(delivery)
    warehouse.load()
    return warehouse.log()


def test_the_deliveries_hold_all_that_makes_order_matter(expected: Log) -> None:
    states = {
        (name, day.day, op)
        for name, day, op in [
            (row[0], _extracted_on(row), _op(row)) for row in expected["raw.shop__deal"]
        ]
    }
    assert {("B", 2, "delete"), ("B", 5, "upsert"), ("A", 5, "delete")} <= states
    versions_of_c = [row for row in expected["raw.shop__deal"] if row[0] == "C"]
    assert len(versions_of_c) == 3


def _op(row: tuple[Any, ...]) -> str:
    return next(str(cell) for cell in row if cell in ("upsert", "delete"))


def _extracted_on(row: tuple[Any, ...]) -> date:
    return next(cell for cell in reversed(row) if type(cell) is date)


@st.composite
def stories(draw: st.DrawFn) -> list[Delivery | None]:
    """All deliveries in any order; `None` loads. Some come twice, some are wrong at first."""
    steps: list[Delivery | None] = list(draw(st.permutations(DELIVERIES)))
    for wrong, right in ((CORRECTED, DELIVERIES[1]), (WRONG, DELIVERIES[6])):
        if draw(st.booleans()):
            # The wrong file first, the right one later.
            steps.insert(draw(st.integers(0, steps.index(right))), wrong)
    for again in draw(st.lists(st.sampled_from(DELIVERIES), max_size=3)):
        first = steps.index(again)
        steps.insert(draw(st.integers(first + 1, len(steps))), again)
    for _ in range(draw(st.integers(0, 3))):
        steps.insert(draw(st.integers(0, len(steps))), None)
    return steps


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories())
def test_any_order_gives_the_same_log(
    story: list[Delivery | None], expected: Log, tmp_path: Path
) -> None:
    folder = tmp_path / "story"
    shutil.rmtree(folder, ignore_errors=True)
    warehouse = Warehouse(folder)
    for step in story:
        if step is None:
            warehouse.load()
        else:
            warehouse.land(step)
    warehouse.load()
    assert warehouse.log() == expected
    warehouse.connection.close()


def test_enough_orders_are_tried() -> None:
    assert EXAMPLES >= 200


def test_a_delivery_that_is_left_out_is_seen(expected: Log, tmp_path: Path) -> None:
    """The comparison is worth something only if it can fail."""
    for left_out in range(len(DELIVERIES)):
        warehouse = Warehouse(tmp_path / str(left_out))
        for number, delivery in enumerate(DELIVERIES):
            if number != left_out:
                warehouse.land(delivery)
        warehouse.load()
        assert warehouse.log() != expected
