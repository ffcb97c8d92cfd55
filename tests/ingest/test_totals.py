"""A total that a report writes below its rows, under the names of its columns, is no record."""

from __future__ import annotations

import copy
import io
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from pipelines.ingest.read import Reading
from tests.ingest.world import DEALS, HEADER, SHOP, World, write_contract

SAID = (
    "rule total_row value '{}' (a total below the rows of a report, no record: export it without "
    "totals)"
)


@pytest.mark.parametrize(
    "word",
    ["Total", "TOTALS", "Grand Total", "grand totals:", "Subtotal", "Total (2 records)", "Summe"],
)
def test_it_is_set_aside_and_told(shop: World, word: str) -> None:
    result = shop.try_load(f"{DEALS}{word},10.5,,,3,,\n")
    assert result.status == "failed"
    assert "1 of 3 rows rejected" in str(result.message)
    assert SAID.format(word) in str(result.message)
    assert shop.rejects() == [(4, "id", "total_row", word)]


def rows() -> list[list[str | None]]:
    return [[value or None for value in line.split(",")] for line in DEALS.splitlines()]


def test_it_is_below_the_rows_of_a_workbook(shop: World, tmp_path: Path) -> None:
    workbook = Workbook()
    for row in [*rows(), [None], ["Total", "10.5"]]:
        workbook.active.append(row)
    workbook.save(tmp_path / "x.xlsx")
    result = shop.try_load((tmp_path / "x.xlsx").read_bytes(), "deals.xlsx")
    assert SAID.format("Total") in str(result.message)


def test_it_is_below_the_rows_of_parquet(shop: World) -> None:
    header, *deals = rows()
    total = ["Total", "10.5", *[None] * 5]
    out = io.BytesIO()
    pl.DataFrame([*deals, total], schema=header, orient="row").write_parquet(out)
    result = shop.try_load(out.getvalue(), "deals.parquet")
    assert SAID.format("Total") in str(result.message)


def test_it_is_found_in_the_last_of_several_blocks(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Reading.read
    monkeypatch.setattr(Reading, "read", lambda self, path: whole(self, path, chunk_bytes=120))
    deals = "".join(f"A{n},1,2026-01-31,,,,\n" for n in range(40))
    shop.try_load(f"{HEADER}{deals}Total,40,,,,,\n")
    assert shop.rejects() == [(42, "id", "total_row", "Total")]


@pytest.mark.parametrize(
    "row",
    [
        "Total,10.5,2026-01-31,,,,",
        "Total,10.5,,false,,,",
        "Total,10.5,,,,ann@example.com,",
        "Total,,,,,,",
        "Total Wine,10.5,,,,,",
        "Totality,10.5,,,,,",
        "C,10.5,,,,,",
    ],
)
def test_a_record_that_is_named_like_one_is_read(shop: World, row: str) -> None:
    result = shop.try_load(f"{DEALS}{row}\n")
    assert (result.status, result.n_accepted) == ("loaded", 3), result.message


def test_a_record_above_others_is_read(shop: World) -> None:
    header, first, second = DEALS.splitlines()
    result = shop.try_load("\n".join([header, "Total,10.5,,,,,", first, second, ""]))
    assert (result.status, result.n_accepted) == ("loaded", 3), result.message


def test_what_has_little_but_numbers_may_have_any_name(contracts: Path, tmp_path: Path) -> None:
    """Of amounts by name nothing says that the last name is none."""
    told = copy.deepcopy(SHOP)
    deal = told["objects"]["deal"]
    deal["columns"] = [column for column in deal["columns"] if column["name"] in ("id", "amount")]
    deal["recorded_at"] = []
    deal["also"] = []
    write_contract(contracts, told)
    result = World.of(tmp_path / "shop").try_load("id,amount\nA,1\nTotal,1\n")
    assert (result.status, result.n_accepted) == ("loaded", 2), result.message
