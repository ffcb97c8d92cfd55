"""What is no text under a text's name is refused by what it is, with what to do about it."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from tests.ingest.world import DEALS, World

GOOD = DEALS.encode()


def packed(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, GOOD)
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pl.read_csv(io.BytesIO(GOOD)).write_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(GOOD), "is a gzip file. Land it under a name that ends with .gz"),
        (packed("deals.csv"), "is a zip file. Land what is in it"),
        (packed("../deals.csv"), "is a zip file. Land what is in it"),
        (b"PK\x05\x06" + bytes(18), "is a zip file"),
        (workbook(), "is an Excel workbook. Land it under a name that ends with .xlsx"),
        (parquet(), "is a Parquet file. Land it under a name that ends with .parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is a workbook of an old Excel"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"SQLite format 3\0" + bytes(80), "is an SQLite database"),
        (b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n", "is a web page"),
        (b"\xef\xbb\xbf\r\n <HTML>\n<body/></HTML>\n", "is a web page"),
        (b"<?xml version='1.0'?>\n<Workbook/>\n", "is an XML document"),
        (DEALS.encode("utf-16"), "is written in utf-16. Declare `encoding: utf-16`"),
        (b"\xfe\xff" + DEALS.encode("utf-16-be"), "is written in utf-16"),
        (GOOD.replace(b"\n", b"\r"), "ends its lines with a carriage return alone"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["deals.csv", "deals.csv.gz", "deals.jsonl"])
def test_it_is_refused_by_what_it_is(shop: World, content: bytes, says: str, name: str) -> None:
    result = shop.try_load(gzip.compress(content) if name.endswith(".gz") else content, name)
    assert result.status == "failed"
    assert says in str(result.message)
    assert result.message
    assert result.message.count(name) <= 2
    assert "Error" not in result.message


@pytest.mark.parametrize(
    "content",
    [
        b"sep=,\r\n" + GOOD,
        b"\xef\xbb\xbfSEP=,\n" + GOOD,
        GOOD.replace(b"A,", b'"A\rB",'),
        # A text may begin like something else.
        GOOD.replace(b"A,", b"PAR1,"),
    ],
    ids=["excel", "excel with mark", "carriage return in a value", "a value"],
)
def test_what_is_text_is_read(shop: World, content: bytes) -> None:
    result = shop.try_load(content)
    assert (result.status, result.n_accepted) == ("loaded", 2), result.message


def test_lines_are_counted_from_the_top_of_the_file(shop: World) -> None:
    shop.try_load(b"sep=,\n" + GOOD)
    assert shop.connection.execute(
        "select id, _line from raw.shop__deal order by id"
    ).fetchall() == [("A", 3), ("B", 4)]


def test_a_line_for_excel_that_says_otherwise_is_refused(shop: World) -> None:
    result = shop.try_load(b"sep=;\n" + GOOD.replace(b",", b";"))
    assert "says that ';' parts its fields" in str(result.message)
    assert "Correct `delimiter` in contracts/shop.yml" in str(result.message)


def test_a_line_for_excel_alone_is_an_empty_file(shop: World) -> None:
    assert "without even a header" in str(shop.try_load(b"sep=,\n").message)


def test_json_lines_may_have_a_byte_order_mark(shop: World) -> None:
    record = dict.fromkeys(["amount", "closed_on", "is_won", "n_items", "email", "changed_at"])
    lines = json.dumps({"id": "A", **record}).encode() + b"\n"
    result = shop.try_load(b"\xef\xbb\xbf" + lines, "deals.jsonl")
    assert (result.status, result.n_accepted) == ("loaded", 1), result.message


@pytest.mark.parametrize(("value", "is_read"), [("12.3400", True), ("1" * 40 + ".5", False)])
def test_decimals_of_256_bits_are_read_where_they_fit(
    shop: World, value: str, is_read: bool
) -> None:
    table = pa.table(
        {
            "id": ["A"],
            "amount": pa.array([Decimal(value)], pa.decimal256(60, 4)),
            "is_won": [True],
            "n_items": [3],
            "changed_at": ["2026-01-05 09:00:00"],
            "closed_on": ["2026-01-31"],
            "email": ["x"],
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    result = shop.try_load(out.getvalue(), "deals.parquet")
    assert (result.status == "loaded") == is_read, result.message
    if is_read:
        assert shop.connection.execute("select amount from raw.shop__deal").fetchall() == [
            (Decimal("12.3400"),)
        ]
    else:
        assert "Error" not in str(result.message)
