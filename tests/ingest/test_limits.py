"""A small file that holds very much is refused before it costs memory or hours, in every format."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.ingest import typed_files
from pipelines.settings import Limits
from tests.ingest.test_typed_files import FULL, workbook
from tests.ingest.world import DEALS, HEADER, World, days

NAMES = HEADER.strip().split(",")
RECORD = json.dumps(dict.fromkeys(NAMES) | {"id": "A"}) + "\n"
MEGABYTE = 1 << 20


@pytest.fixture
def small(shop: World) -> World:
    """The shop, that reads no more than a megabyte of anything."""
    limits = Limits(unpacked_gb=1 / 1024, parquet_gb=1 / 1024, workbook_mb=1)
    return dataclasses.replace(shop, company=shop.company.model_copy(update={"limits": limits}))


def csv() -> str:
    return HEADER + "\n".join(f"{n},,,,,," for n in range(MEGABYTE // 8)) + "\n"


def repeated_rows() -> bytes:
    """Two million values in some kilobytes."""
    frame = pl.DataFrame(
        {name: pl.repeat(None, 300_000, dtype=pl.String, eager=True) for name in NAMES}
    )
    out = io.BytesIO()
    frame.with_columns(id=pl.lit("A")).write_parquet(out)
    return out.getvalue()


def repeated_text() -> bytes:
    """One text that a thousand rows have, and the file once."""
    frame = pl.DataFrame(
        {name: pl.repeat(None, 1000, dtype=pl.String, eager=True) for name in NAMES}
    )
    out = io.BytesIO()
    frame.with_columns(id=pl.lit("A" * 4000)).write_parquet(out)
    return out.getvalue()


def blown_up_workbook(tmp_path: Path) -> bytes:
    """A comment of two megabytes in the sheet, which packs to two kilobytes."""
    out = io.BytesIO()
    plain = io.BytesIO(workbook(tmp_path / "x.xlsx"))
    packing = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(plain) as whole, zipfile.ZipFile(out, "w", packing) as bomb:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith("sheet1.xml"):
                content += b"<!--" + b" " * 2 * MEGABYTE + b"-->"
            bomb.writestr(name, content)
    return out.getvalue()


BOMBS: dict[str, tuple[str, Callable[[Path], bytes | str], str]] = {
    "csv": ("deals.csv", lambda _: csv(), "unpacked_gb"),
    "csv.gz": ("deals.csv.gz", lambda _: gzip.compress(csv().encode()), "unpacked_gb"),
    "jsonl": ("deals.jsonl", lambda _: RECORD * 12_000, "unpacked_gb"),
    "jsonl.gz": (
        "deals.jsonl.gz", lambda _: gzip.compress((RECORD * 12_000).encode()), "unpacked_gb"
    ),
    "parquet rows": ("deals.parquet", lambda _: repeated_rows(), "parquet_gb"),
    "parquet text": ("deals.parquet", lambda _: repeated_text(), "parquet_gb"),
    "xlsx": ("deals.xlsx", blown_up_workbook, "workbook_mb"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "make", "key"), BOMBS.values(), ids=BOMBS.keys())
def test_a_file_that_unpacks_to_too_much_is_refused(
    small: World, tmp_path: Path, name: str, make: Callable[[Path], bytes | str], key: str
) -> None:
    result = small.try_load(make(tmp_path), name)
    assert result.status == "failed"
    assert "unpacks to" in str(result.message)
    assert f"`{key}` under `limits` in the company file" in str(result.message)
    assert small.rows("select count(*) from raw.shop__deal") == [(0,)]


@pytest.mark.parametrize("name", ["deals.csv", "deals.csv.gz"])
def test_what_fits_is_read(small: World, name: str) -> None:
    packed = DEALS.encode() if name.endswith("v") else gzip.compress(DEALS.encode())
    assert small.try_load(packed, name).n_accepted == 2


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD1", "SM2000"])
def test_memory_follows_the_cells_that_are_there(shop: World, tmp_path: Path, place: str) -> None:
    def stray(sheet: Worksheet) -> None:
        sheet[place] = " " if place[0] != "A" else None
        sheet[place].number_format = "0.00"

    content = workbook(tmp_path / "x.xlsx", stray)
    tracemalloc.start()
    result = shop.try_load(content, "deals.xlsx")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (result.status, result.n_accepted, result.message) == ("loaded", 2, None)
    assert peak < 20 * MEGABYTE


@pytest.mark.parametrize("place", ["J3", "XFD2", "SM2000"])
def test_a_value_beside_the_table_is_not_dropped_without_a_word(
    shop: World, tmp_path: Path, place: str
) -> None:
    def note(sheet: Worksheet) -> None:
        sheet[place] = "see Ann"

    result = shop.try_load(workbook(tmp_path / "x.xlsx", note), "deals.xlsx")
    assert f"cell {place} holds a value to the right of the header" in str(result.message)


def test_a_row_far_below_the_others_is_read(shop: World, tmp_path: Path) -> None:
    def far(sheet: Worksheet) -> None:
        sheet["A900000"] = "C"

    result = shop.try_load(workbook(tmp_path / "x.xlsx", far), "deals.xlsx")
    assert (result.status, result.n_accepted) == ("loaded", 3)
    assert shop.rows("select _line from raw.shop__deal where id = 'C'") == [(900000,)]


def test_columns_have_a_limit_in_every_format(shop: World, tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(2001)]
    book = Workbook()
    assert book.active is not None
    book.active.append(names)
    book.active.append(["x"] * len(names))
    book.save(tmp_path / "wide.xlsx")
    out = io.BytesIO()
    pl.DataFrame({name: ["x"] for name in names}).write_parquet(out)
    wide: dict[str, bytes | str] = {
        "deals.csv": ",".join(names) + "\n",
        "deals.jsonl": "".join(f'{{"{name}": 1}}\n' for name in names),
        "deals.xlsx": (tmp_path / "wide.xlsx").read_bytes(),
        "deals.parquet": out.getvalue(),
    }
    for day, (name, content) in zip(days(1, 2, 3, 4), wide.items(), strict=True):
        shop.deliver(day, content, name)
        result = shop.load("deal")[-1]
        assert "no more than 2,000 are read" in str(result.message), name
        for path in shop.company.paths.landing.glob("*/*/*/*"):
            path.unlink()


def test_an_endless_json_line_is_refused(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_files, "LONGEST_LINE", 1000)
    result = shop.try_load(gzip.compress(b"[" * 2000), "deals.jsonl.gz")
    assert "one object in each line" in str(result.message)


@pytest.mark.parametrize("rows", [1, 2, 50_000])
def test_keys_of_json_lines_may_stand_in_any_line(
    shop: World, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(typed_files, "ROWS_AT_ONCE", rows)
    whole = dict(zip(NAMES, [*map(str, FULL)], strict=True)) | {"is_won": True, "n_items": 3}
    lines = [{"id": "B"}, {"id": "C", "amount": 1}, whole | {"changed_at": None}, {"id": "D"}]
    content = "".join(json.dumps(line) + "\n" for line in lines)
    result = shop.try_load(content, "deals.jsonl")
    assert (result.status, result.n_accepted, result.message) == ("loaded", 4, None)
    assert shop.rows("select id, _line from raw.shop__deal order by all") == [
        ("A", 3), ("B", 1), ("C", 2), ("D", 4)
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 50_000])
def test_a_key_that_no_line_has_is_missing(
    shop: World, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(typed_files, "ROWS_AT_ONCE", rows)
    result = shop.try_load('{"id": "A"}\n{"id": "B", "amount": 1}\n', "deals.jsonl")
    assert "lacks columns 'closed_on'" in str(result.message)


@pytest.mark.parametrize("value", ["\x1b[2J", "a\nb", "\u202e"])
def test_values_in_messages_are_written_out(shop: World, value: str) -> None:
    result = shop.try_load(HEADER + f'A,"{value}",,,,,\n')
    assert result.status == "failed"
    assert str(result.message).isprintable()
