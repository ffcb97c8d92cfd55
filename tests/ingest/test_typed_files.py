"""Workbooks, Parquet and JSON lines: read in the words of the contract, or refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.ingest.world import World

COLUMNS = ("id", "amount", "closed_on", "is_won", "n_items", "email", "changed_at")
SQL = (
    "select id, amount, closed_on, is_won, n_items, changed_at, _line from raw.shop__deal "
    "order by id"
)
FULL = ("A", 10.5, date(2026, 1, 31), True, 3, "Ann@Example.com", datetime(2026, 1, 5, 9))
EMPTY = ("B", None, None, False, None, None, datetime(2026, 1, 6))


def workbook(path: Path, change: Callable[[Worksheet], None] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (COLUMNS, FULL, EMPTY):
        sheet.append(row)
    if change is not None:
        change(sheet)
    book.save(path)
    return path.read_bytes()


def expected(first_line: int) -> list[tuple[Any, ...]]:
    return [
        ("A", Decimal("10.5000"), date(2026, 1, 31), True, 3, datetime(2026, 1, 5, 9), first_line),
        ("B", None, None, False, None, datetime(2026, 1, 6), first_line + 1),
    ]


def test_a_workbook_is_read_like_the_text_it_stands_for(shop: World, tmp_path: Path) -> None:
    result = shop.try_load(workbook(tmp_path / "x.xlsx"), "deals.xlsx")
    assert (result.status, result.n_accepted) == ("loaded", 2)
    assert shop.rows(SQL) == expected(first_line=2)
    assert shop.rows("select email from raw.shop__deal where id = 'A'") != [("Ann@Example.com",)]


def test_float_noise_of_a_spreadsheet_is_not_data(shop: World, tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["B2"] = 20565.620599999998

    shop.try_load(workbook(tmp_path / "x.xlsx", change), "deals.xlsx")
    assert shop.rows("select amount from raw.shop__deal where id = 'A'") == [
        (Decimal("20565.6206"),)
    ]


def test_a_text_where_a_number_belongs_is_rejected_with_its_row(
    shop: World, tmp_path: Path
) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["E2"] = "three"

    result = shop.try_load(workbook(tmp_path / "x.xlsx", change), "deals.xlsx")
    assert result.status == "failed"
    assert shop.rejects() == [(2, "n_items", "bad_integer", "three")]


def test_empty_rows_and_columns_behind_the_table_mean_nothing(shop: World, tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["B9"] = None
        sheet["J1"] = None
        sheet["A9"].number_format = "0.00"

    result = shop.try_load(workbook(tmp_path / "x.xlsx", change), "deals.xlsx")
    assert (result.status, result.n_read) == ("loaded", 2)


def _error(sheet: Worksheet) -> None:
    sheet["B2"] = "#N/A"
    sheet["B2"].data_type = "e"


def _formula(sheet: Worksheet) -> None:
    sheet["B2"] = "=1+1"


def _merged(sheet: Worksheet) -> None:
    sheet.merge_cells("A2:A3")


def _second_sheet(sheet: Worksheet) -> None:
    assert sheet.parent is not None
    for _ in range(2):
        sheet.parent.create_sheet("Old").append(("x",))
    for row in ((1,), (2,)):
        sheet.parent["Old"].append(row)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_error, "cell B2 holds the error #N/A"),
        (_formula, "the formula in cell B2 has no value"),
        (_merged, "cells A2:A3 are merged"),
        (_second_sheet, "has 2 sheets with rows"),
    ],
)
def test_a_workbook_that_could_be_misread_is_refused(
    shop: World, tmp_path: Path, change: Callable[[Worksheet], None], message: str
) -> None:
    result = shop.try_load(workbook(tmp_path / "x.xlsx", change), "deals.xlsx")
    assert result.status == "failed"
    assert result.message is not None
    assert message in result.message
    assert shop.log() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [("deals.xlsx", b"PK\x03\x04 not really"), ("deals.parquet", b"PAR1 not really")],
)
def test_a_damaged_file_is_refused(shop: World, name: str, content: bytes) -> None:
    result = shop.try_load(content, name)
    assert result.status == "failed"
    assert "is not a complete" in str(result.message)


def test_parquet(shop: World, tmp_path: Path) -> None:
    frame = pl.DataFrame([FULL, EMPTY], schema=list(COLUMNS), orient="row").with_columns(
        pl.col("amount").cast(pl.Decimal(12, 2)),
        pl.col("changed_at").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin"),
    )
    frame.write_parquet(tmp_path / "x.parquet")
    shop.try_load((tmp_path / "x.parquet").read_bytes(), "deals.parquet")
    assert shop.rows(SQL) == expected(first_line=1)


def test_a_nested_value_is_refused(shop: World, tmp_path: Path) -> None:
    frame = pl.DataFrame({name: [None] for name in COLUMNS}).with_columns(id=pl.lit([["A"]]))
    frame.write_parquet(tmp_path / "x.parquet")
    result = shop.try_load((tmp_path / "x.parquet").read_bytes(), "deals.parquet")
    assert result.status == "failed"
    assert "column 'id' holds list in line 1" in str(result.message)


def test_json_lines_keep_numbers_as_written_and_may_lack_keys(shop: World) -> None:
    full = dict(
        zip(COLUMNS, ("A", 10.5, "2026-01-31", True, 3, None, "2026-01-05 09:00:00"), strict=True)
    )
    text = json.dumps(full).replace("10.5", "10.50000") + "\n\n"
    text += json.dumps({"id": "B", "is_won": False, "changed_at": "2026-01-06 00:00:00"}) + "\n"
    result = shop.try_load(gzip.compress(text.encode()), "deals.jsonl.gz")
    assert result.status == "loaded"
    first, second = expected(first_line=1)
    assert shop.rows(SQL) == [first, (*second[:-1], 3)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "A"', "line 1 is not valid JSON"),
        ('["A"]', "line 1 begins a list, and JSON lines have one object in each line"),
        ('{"id": {"a": 1}}', "column 'id' holds dict in line 1"),
        ('{"id": "A", "surprise": 1}', "surprise"),
    ],
)
def test_json_that_is_no_record_refuses_the_file(shop: World, line: str, message: str) -> None:
    filler = json.dumps(dict.fromkeys(COLUMNS))
    result = shop.try_load(f"{line}\n{filler}\n", "deals.jsonl")
    assert result.status == "failed"
    assert message in str(result.message)


def test_moments_with_a_zone_become_utc(shop: World, tmp_path: Path) -> None:
    moment = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    frame = pl.DataFrame([(*FULL[:-1], moment)], schema=list(COLUMNS), orient="row")
    frame.write_parquet(tmp_path / "x.parquet")
    shop.try_load((tmp_path / "x.parquet").read_bytes(), "deals.parquet")
    assert shop.rows("select changed_at from raw.shop__deal") == [(datetime(2026, 1, 5, 9, 30),)]
