"""What was delivered, and what is made of it before it is published, is the pipeline's alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.ingest import land
from pipelines.private import close_to_others
from pipelines.warehouse import opened
from tests.ingest.world import DEALS, World


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder.parent)): f"{path.stat().st_mode & 0o777:o}"
        for path in [folder, *folder.rglob("*")]
    }


def test_the_warehouse_is_made_for_the_owner(tmp_path: Path) -> None:
    with opened(tmp_path / "data" / "wh" / "warehouse.duckdb") as connection:
        connection.execute("create table t as select 1 as n")
    found = modes(tmp_path / "data" / "wh")
    assert (found["wh"], found["wh/warehouse.duckdb"]) == ("700", "600")
    # Other companies' folders lie beside it.
    assert modes(tmp_path / "data")["data"] == "777"


def test_a_warehouse_of_an_earlier_version_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "wh"
    (folder / "dagster").mkdir(parents=True)
    (folder / "dagster" / "runs.db").write_text("")
    duckdb.connect(str(folder / "warehouse.duckdb")).close()
    outside = tmp_path / "outside"
    outside.write_text("")
    (folder / "link").symlink_to(outside)
    close_to_others(folder)
    found = modes(folder)
    assert {found[name] for name in ("wh", "wh/dagster")} == {"700"}
    assert {found[name] for name in ("wh/dagster/runs.db", "wh/warehouse.duckdb")} == {"600"}
    assert f"{outside.stat().st_mode & 0o777:o}" == "666"


def test_landed_files_are_the_owner_s(shop: World) -> None:
    shop.deliver(date(2026, 3, 1), DEALS)
    found = modes(shop.company.paths.landing)
    assert set(found.values()) == {"700", "600"}
    assert found["landing/shop/deal/2026-03-01/deals.csv"] == "600"


def test_a_landing_folder_that_others_deliver_to_is_left_so(shop: World) -> None:
    shop.company.paths.landing.mkdir(mode=0o770)
    (shop.folder / "deals.csv").write_text(DEALS)
    land(shop.company, date(2026, 3, 1), [shop.folder / "deals.csv"])
    assert modes(shop.company.paths.landing)["landing"] == "770"
