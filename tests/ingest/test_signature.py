"""What is no text under a text's name is refused by what it is, with what to do about it."""

from __future__ import annotations

import bz2
import copy
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from pipelines.ingest import BatchResult
from tests.ingest.world import DEALS, SHOP, World, write_contract

GOOD = DEALS.encode()


def packed(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, GOOD)
    return out.getvalue()


def archived() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        entry = tarfile.TarInfo("deals.csv")
        entry.size = len(GOOD)
        file.addfile(entry, io.BytesIO(GOOD))
    return out.getvalue()


def open_document() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", "<x/>")
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def feather() -> bytes:
    out = io.BytesIO()
    pl.read_csv(io.BytesIO(GOOD)).write_ipc(out)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pl.read_csv(io.BytesIO(GOOD)).write_parquet(out)
    return out.getvalue()


def without_bytes(value: object) -> str | None:
    """Of a test's name: what is packed bears its moment, and workers compare names."""
    return "file" if isinstance(value, bytes) else None


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
        (b"<!-- 7 -->\n<html><body/></html>\n", "is a web page"),
        (b"<head><title>Log in</title></head>\n", "is a web page"),
        (b"\n<script>location='/login'</script>\n", "is a web page"),
        (b"<table><tr><td>id</td></tr></table>\n", "is a web page"),
        ("<html><body/></html>\n".encode("utf-16"), "is a web page"),
        (b"<?xml version='1.0'?>\n<Workbook/>\n", "is an XML document"),
        (b"<rows><row id='A'/></rows>\n", "is an XML document"),
        (archived(), "is a tar archive. Land what is in it"),
        (bz2.compress(GOOD), "is packed in a way that is not read. Unpack it"),
        (lzma.compress(GOOD), "is packed in a way that is not read. Unpack it"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), "is an archive. Land what is in it"),
        (open_document(), "is an OpenDocument spreadsheet. Save it as .xlsx"),
        (feather(), "is a table in a format that is not read. Export it as Parquet"),
        (b"Obj\x01\x04" + bytes(40), "is a table in a format that is not read"),
    ],
    ids=without_bytes,
)  # fmt: skip
@pytest.mark.parametrize("name", ["deals.csv", "deals.csv.gz"])
def test_it_is_refused_by_what_it_is(shop: World, content: bytes, says: str, name: str) -> None:
    content = gzip.compress(content) if name.endswith(".gz") else content
    refused(shop.try_load(content, name), name, says)


def refused(result: BatchResult, name: str, says: str) -> None:
    assert result.status == "failed"
    assert result.message
    assert says in result.message
    assert result.message.count(name) <= 2
    for strange in ("Error", "Traceback", "codec", "newline mode", "b'", "Expecting value"):
        assert strange not in result.message


UTF_16, UTF_16_LE = DEALS.encode("utf-16"), DEALS.encode("utf-16-le")
OLD_MAC = GOOD.replace(b"\n", b"\r")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (UTF_16, "is written in utf-16. Declare `encoding: utf-16` in the contract"),
        (b"\xfe\xff" + DEALS.encode("utf-16-be"), "Declare `encoding: utf-16` in the contract"),
        (UTF_16_LE, "Declare `encoding: utf-16-le` in the contract"),
        (DEALS.encode("utf-16-be"), "Declare `encoding: utf-16-be` in the contract"),
        (DEALS.encode("utf-32"), "Declare `encoding: utf-32` in the contract"),
        (OLD_MAC, "ends its lines with a carriage return alone"),
        (OLD_MAC.replace(b"\rA,", b'\r"A\nB",'), "ends its lines with a carriage return alone"),
        (GOOD.replace(b"\n", b"\r", 1), "ends its lines with a carriage return alone"),
        (b"sep=,\r" + OLD_MAC, "ends its lines with a carriage return alone"),
        (GOOD.replace(b",", b";"), 'Declare `delimiter: ";"` in the format in pipelines/'),
        (GOOD.replace(b",", b"\t"), 'Declare `delimiter: "\\t"` in the format'),
        (b"sep=\\t\n" + GOOD.replace(b",", b"\t"), 'Declare `delimiter: "\\t"` in the format'),
        (b"Deals of March\n\n" + GOOD, "has its header in line 3, below a title"),
        (b'{"id": "A"}\n', "is JSON. If it has one record in each line, land it under a name"),
        (b'[{"id": "A"}]', "is JSON. If it has one record in each line"),
        (GOOD + b"Grand Totals (2 records)\n", "are declared as `footer` in the contract's format"),
    ],
    ids=without_bytes,
)  # fmt: skip
def test_text_that_is_written_in_another_way(shop: World, content: bytes, says: str) -> None:
    refused(shop.try_load(content), "deals.csv", says)


def declared(contracts: Path, folder: Path, **format_: str) -> World:
    """The shop, whose contract says of its files what it is told."""
    told = copy.deepcopy(SHOP)
    told["formats"]["csv"].update(format_)
    write_contract(contracts, told)
    return World.of(folder)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_that_is_named_reads_it(
    contracts: Path, tmp_path: Path, encoding: str
) -> None:
    shop = declared(contracts, tmp_path / "shop", encoding=encoding)
    result = shop.try_load(DEALS.encode(encoding))
    assert (result.status, result.n_accepted) == ("loaded", 2), result.message


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_that_is_named_reads_it(
    contracts: Path, tmp_path: Path, delimiter: str
) -> None:
    shop = declared(contracts, tmp_path / "shop", delimiter=delimiter)
    result = shop.try_load(f"sep={delimiter}\n" + DEALS.replace(",", delimiter))
    assert (result.status, result.n_accepted) == ("loaded", 2), result.message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("deals.csv.gz", GOOD, "is not packed, though its name ends with .gz"),
        ("deals.csv.gz", packed("deals.csv"), "is a zip file. Land what is in it"),
        ("deals.csv.gz", parquet(), "is a Parquet file. Land it under a name"),
        ("deals.csv.gz", gzip.compress(gzip.compress(GOOD)), "is a gzip file"),
        ("deals.parquet", GOOD, "is text. Land it under the name of a text"),
        ("deals.parquet", b'{"id": "A"}\n', "such as one that ends with .jsonl"),
        ("deals.parquet", workbook(), "is an Excel workbook. Land it under a name that ends with"),
        ("deals.parquet", feather(), "is a table in a format that is not read"),
        ("deals.parquet", gzip.compress(parquet()), "is a gzip file. Unpack it"),
        ("deals.xlsx", GOOD, "is text. Land it under the name of a text"),
        ("deals.xlsx", b"<html><table/></html>", "is a web page"),
        ("deals.xlsx", parquet(), "is a Parquet file. Land it under a name that ends with .parq"),
        ("deals.xlsx", packed("deals.csv"), "is a zip file. Land what is in it"),
        ("deals.xlsx", open_document(), "is an OpenDocument spreadsheet"),
        ("deals.xlsx", workbook()[:900], "is not a complete Excel workbook"),
        ("deals.xlsx", gzip.compress(workbook()), "is a gzip file. Unpack it"),
        ("deals.xlsx", b"\xd0\xcf\x11\xe0" + bytes(500), "with a password. Save it as .xlsx"),
        ("deals.jsonl", parquet(), "is a Parquet file. Land it under a name that ends with .parq"),
        ("deals.jsonl", b"<!DOCTYPE html>\n<html/>\n", "is a web page"),
        ("deals.jsonl.gz", b'{"id": "A"}\n', "is not packed, though its name ends with .gz"),
        ("deals.jsonl", GOOD, "is not a JSON object. Fix the export, or land a table of text"),
        ("deals.jsonl", b'[\n{"id": "A"}\n]', "begins a list, and JSON lines have one object in"),
        ("deals.jsonl", b'{\n"id": "A"\n}', "JSON lines have one whole object in each line"),
        ("deals.jsonl", b'{"id": "A"}\n\xef\xbb\xbf{"id": "B"}\n', "were pasted together"),
        ("deals.jsonl", b'{"id": "\xe4"}\n', "Export it in utf-8"),
        ("deals.jsonl", UTF_16, "Export it in utf-8"),
        ("deals.jsonl", UTF_16_LE, "Export it in utf-8"),
    ],
    ids=without_bytes,
)  # fmt: skip
def test_what_its_name_does_not_say(shop: World, name: str, content: bytes, says: str) -> None:
    refused(shop.try_load(content, name), name, says)


@pytest.mark.parametrize(
    "content",
    [
        b"sep=,\r\n" + GOOD,
        b"\xef\xbb\xbfSEP=,\n" + GOOD,
        b'"sep=,"\n' + GOOD,
        b"sep=,,,,,,\r\n" + GOOD,
        b"sep=, \n\n" + GOOD,
        GOOD.replace(b"A,", b'"A\rB",'),
        # A text may begin like something else.
        GOOD.replace(b"A,", b"PAR1,"),
        GOOD.replace(b"A,", b"<none>,"),
    ],
    ids=without_bytes,
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
    assert "says that ';' separates its fields" in str(result.message)
    assert 'Declare `delimiter: ";"` in the format in pipelines/contracts/shop.yml' in str(
        result.message
    )


def test_a_line_for_excel_alone_is_an_empty_file(shop: World) -> None:
    assert "without even a header" in str(shop.try_load(b"sep=,\n").message)


def test_json_lines_may_have_a_byte_order_mark(shop: World) -> None:
    record = dict.fromkeys(["amount", "closed_on", "is_won", "n_items", "email", "changed_at"])
    lines = json.dumps({"id": "A", **record}).encode() + b"\n"
    result = shop.try_load(b"\xef\xbb\xbf" + lines, "deals.jsonl")
    assert (result.status, result.n_accepted) == ("loaded", 1), result.message


def test_json_lines_may_end_as_on_an_old_mac(shop: World) -> None:
    """No value of JSON holds a carriage return as it is, so that each ends a line."""
    record = dict.fromkeys(["amount", "closed_on", "is_won", "n_items", "email", "changed_at"])
    lines = b"".join(json.dumps({"id": each, **record}).encode() + b"\r" for each in "AB")
    result = shop.try_load(lines, "deals.jsonl")
    assert (result.status, result.n_accepted) == ("loaded", 2), result.message


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
