"""Formats, encodings and clocks that real systems export in, each declared and never guessed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts import Format, ObjectContract
from pipelines.ingest.cast import Dialect
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.read import ReadBlock, Reading

Rows = list[tuple[Any, ...]]


def read(
    folder: Path,
    content: bytes,
    columns: list[dict[str, Any]],
    *,
    time_zone: str = "UTC",
    contract: dict[str, Any] | None = None,
    **format_: Any,
) -> ReadBlock:
    path = folder / "data.csv"
    path.write_bytes(content)
    described = ObjectContract.model_validate(
        {
            "description": "Data.",
            "files": ["data.csv"],
            "delivery": "full",
            "key": [columns[0]["name"]],
            "columns": columns,
        }
        | (contract or {})
    )
    dialect = Dialect(Format.model_validate(format_), time_zone)
    [block] = Reading("test", "data", described, "csv", dialect, datetime(2030, 1, 1)).read(path)
    return block


def rows(block: ReadBlock) -> Rows:
    assert block.rejects.is_empty(), block.rejects
    return block.accepted.drop("_line").rows()


ID = {"name": "id"}
AMOUNT = {"name": "amount", "type": "decimal"}
DAY = {"name": "day", "type": "date"}
AT = {"name": "at", "type": "timestamp"}


def test_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    block = read(
        tmp_path, b"id;amount\na;1,5\nb;-2\n", [ID, AMOUNT], delimiter=";", decimal_separator=","
    )
    assert rows(block) == [("a", Decimal("1.5")), ("b", Decimal("-2"))]


def test_a_thousands_separator_is_no_decimal_comma(tmp_path: Path) -> None:
    content = b"id;amount\na;1.234,5\nb;1,234,5\nc;1.5\n"
    block = read(tmp_path, content, [ID, AMOUNT], delimiter=";", decimal_separator=",")
    assert block.rejects["value"].to_list() == ["1.234,5", "1,234,5", "1.5"]


@pytest.mark.parametrize(
    ("between", "places", "written"),
    [
        (",", ".", ["1,234.50", "-12,345,678.5", "999.5", "1234.50"]),
        (".", ",", ["1.234,50", "-12.345.678,5", "999,5", "1234,50"]),
        ("'", ".", ["1'234.50", "-12'345'678.5", "999.5", "1234.50"]),
        ("\u00a0", ",", ["1\u00a0234,50", "-12\u00a0345\u00a0678,5", "999,5", "1234,50"]),
    ],
)
def test_thousands_are_read_where_their_separator_is_declared(
    tmp_path: Path, between: str, places: str, written: list[str]
) -> None:
    content = "id;amount\n" + "".join(f"{n};{text}\n" for n, text in enumerate(written))
    block = read(
        tmp_path, content.encode(), [ID, AMOUNT],
        delimiter=";", decimal_separator=places, thousands_separator=between,
    )  # fmt: skip
    numbers = [number for _, number in rows(block)]
    assert numbers == [Decimal(n) for n in ("1234.5", "-12345678.5", "999.5", "1234.5")]


def test_groups_that_are_no_thousands_are_no_number(tmp_path: Path) -> None:
    wrong = ["1,23", "12,34,567", "1,2345", "1,234,56.7", ",123", "1.234,5", "1,234.567,8"]
    content = "id;amount\n" + "".join(f"{n};{text}\n" for n, text in enumerate(wrong))
    block = read(tmp_path, content.encode(), [ID, AMOUNT], delimiter=";", thousands_separator=",")
    assert block.rejects["value"].to_list() == wrong


def test_whole_numbers_have_thousands_as_well(tmp_path: Path) -> None:
    count = {"name": "n", "type": "integer"}
    content = b"id;n\na;1,234\nb;1234\nc;12,34\n"
    block = read(tmp_path, content, [ID, count], delimiter=";", thousands_separator=",")
    assert [number for _, number in block.accepted.drop("_line").rows()] == [1234, 1234]
    assert block.rejects["value"].to_list() == ["12,34"]


def test_quotes_are_text_where_there_is_no_quoting(tmp_path: Path) -> None:
    block = read(
        tmp_path,
        b'1|a "b\n2|"c"\n3|d"\n',
        [ID, {"name": "note"}],
        delimiter="|",
        header=False,
        quote=None,
    )
    assert rows(block) == [("1", 'a "b'), ("2", '"c"'), ("3", 'd"')]


def test_a_file_without_header_keeps_its_first_row(tmp_path: Path) -> None:
    columns = [ID, {"name": "skipped", "load": False}, AMOUNT]
    block = read(tmp_path, b"a\tx\t1\nb\ty\t2\n", columns, delimiter="\t", header=False)
    assert (rows(block), block.accepted["_line"].to_list()) == ([("a", 1), ("b", 2)], [1, 2])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "latin-1", "utf-8"])
def test_declared_encodings_are_undone(tmp_path: Path, encoding: str) -> None:
    block = read(tmp_path, "id\r\nMüller\r\n".encode(encoding), [ID], encoding=encoding)
    assert rows(block) == [("Müller",)]


def test_a_byte_that_no_letter_has_is_refused_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="byte 6, in line 2, is 0x81"):
        read(tmp_path, b"id\nab\x81\n", [ID], encoding="cp1252")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_utf8_is_not_read_as_a_one_byte_encoding(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(FileRefused, match="but it is written in utf-8"):
        read(tmp_path, "id\nMüller\n".encode(), [ID], encoding=encoding)


def test_null_markers_belong_to_columns(tmp_path: Path) -> None:
    columns = [ID, {"name": "owner", "nulls": ["NULL", "N/A"]}, {"name": "country"}]
    block = read(tmp_path, b"id,owner,country\na,NULL,NA\nb,N/A,None\nc,NA,\n", columns)
    assert rows(block) == [("a", None, "NA"), ("b", None, "None"), ("c", "NA", None)]


@pytest.mark.parametrize(
    ("format_text", "value", "day"),
    [
        ("%m/%d/%y", "01/02/26", date(2026, 1, 2)),
        ("%d-%m-%y", "01-02-26", date(2026, 2, 1)),
        ("%m/%d/%y", "12/31/68", date(2068, 12, 31)),
        ("%m/%d/%y", "01/01/69", date(1969, 1, 1)),
        ("%-m/%-d/%Y", "1/2/2026", date(2026, 1, 2)),
        ("%Y-%m-%d 00:00:00", "2026-01-02 00:00:00", date(2026, 1, 2)),
        ("%d %b %Y", "02 Jan 2026", date(2026, 1, 2)),
    ],
)
def test_dates_are_read_only_as_declared(
    tmp_path: Path, format_text: str, value: str, day: date
) -> None:
    block = read(tmp_path, f"id,day\na,{value}\n".encode(), [ID, DAY | {"formats": [format_text]}])
    assert rows(block) == [("a", day)]


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("03/07/26 11:30 PM", datetime(2026, 3, 8, 4, 30)),
        ("03/08/26 03:30 AM", datetime(2026, 3, 8, 7, 30)),
        ("03/08/26 02:30 AM", None),
        ("11/01/26 01:30 AM", datetime(2026, 11, 1, 5, 30)),
        ("12/01/26 12:05 AM", datetime(2026, 12, 1, 5, 5)),
        ("12/01/26 13:05 PM", None),
        ("12/01/26", datetime(2026, 12, 1, 5)),
    ],
)
def test_times_of_the_company_become_utc(
    tmp_path: Path, value: str, moment: datetime | None
) -> None:
    """Of an hour that comes twice the first is meant; one the clock skipped is a bad time."""
    block = read(
        tmp_path,
        f"id,at\na,{value}\n".encode(),
        [ID, AT],
        time_zone="America/New_York",
        timestamps=["%m/%d/%y %I:%M %p", "%m/%d/%y"],
    )
    if moment is None:
        assert block.rejects["rule"].to_list() == ["bad_timestamp"]
    else:
        assert rows(block) == [("a", moment)]


def test_columns_may_come_in_any_order_and_lack_what_may_be_absent(tmp_path: Path) -> None:
    columns = [ID, AMOUNT | {"absent_ok": True}, DAY | {"absent_ok": ["other"]}]
    assert rows(read(tmp_path, b"day,id\n2026-01-02,a\n", columns)) == [
        ("a", None, date(2026, 1, 2))
    ]
    with pytest.raises(FileRefused, match="lacks column 'day'"):
        read(tmp_path, b"id,amount\na,1\n", columns)


def test_unknown_columns_pass_where_the_contract_says_any(tmp_path: Path) -> None:
    block = read(tmp_path, b"x,id,y\n1,a,2\n", [ID], contract={"ignore_columns": "any"})
    assert rows(block) == [("a",)]


def test_a_text_of_more_than_a_megabyte_is_rejected(tmp_path: Path) -> None:
    block = read(tmp_path, b"id\na\n" + b"x" * 1_000_001 + b"\n", [ID])
    assert (block.n_read, block.rejects["rule"].to_list()) == (2, ["text_too_long"])
    assert len(block.rejects["value"][0]) == 200


def test_late_decimals_in_a_column_of_integers_are_told(tmp_path: Path) -> None:
    lines = "".join(f"{n}\n" for n in range(20_000)) + "3.5\n"
    block = read(tmp_path, f"id\n{lines}".encode(), [{"name": "id", "type": "integer"}])
    assert block.rejects.rows() == [(20_002, "id", "bad_integer", "3.5")]


def test_wide_files_become_long_and_empty_cells_are_no_rows(tmp_path: Path) -> None:
    columns = [
        DAY | {"required": True},
        {"name": "currency", "required": True},
        {"name": "rate", "type": "decimal", "nulls": ["N/A"]},
    ]
    block = read(
        tmp_path,
        b"day,USD,BGN,\n2026-01-02,1.1,N/A,\n2026-01-01,1.2,1.9558,\n",
        columns,
        contract={
            "key": ["day", "currency"],
            "unpivot": {"keep": ["day"], "name": "currency", "value": "rate"},
        },
    )
    assert sorted(zip(block.accepted["_line"], rows(block), strict=True)) == [
        (2, (date(2026, 1, 2), "USD", Decimal("1.1"))),
        (3, (date(2026, 1, 1), "BGN", Decimal("1.9558"))),
        (3, (date(2026, 1, 1), "USD", Decimal("1.2"))),
    ]


REPORT = b"id,amount\nA,1\nB,2\n\n\n\n"
FOOTER = ("Copyright (c) *salesforce*", "Generated By:*")
BELOW = (
    b'"Deals, all"\n"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n'
    b'"Generated By:  Ann Berg  11/25/2026 3:12 PM"\n"Acme ""One"" Inc."\n'
)


@pytest.mark.parametrize(
    ("content", "n_rejected"),
    [
        pytest.param(REPORT + BELOW, 0, id="the lines of a report"),
        pytest.param(REPORT + BELOW.replace(b'"', b""), 2, id="commas make rows of two"),
        pytest.param(REPORT + b"Acme\n", 1, id="a line that is none of them"),
        pytest.param(REPORT + BELOW + b"C,3\n", 4, id="with rows below"),
        pytest.param(REPORT + b"x\n" * 9 + BELOW, 1, id="too many lines"),
    ],
)
def test_lines_below_the_rows_of_a_report_are_no_rows(
    tmp_path: Path, content: bytes, n_rejected: int
) -> None:
    block = read(tmp_path, content, [ID, AMOUNT], footer=FOOTER)
    assert block.n_rejected == n_rejected
    assert [row[0] for row in block.accepted.drop("_line").rows()][:2] == ["A", "B"]
    assert read(tmp_path, content, [ID, AMOUNT]).n_rejected >= max(n_rejected, 1)


@pytest.mark.parametrize("chunk_bytes", [8, 32, 100])
def test_the_lines_below_may_lie_across_blocks(tmp_path: Path, chunk_bytes: int) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(REPORT + BELOW)
    described = ObjectContract.model_validate(
        {"description": "Data.", "files": ["data.csv"], "delivery": "full", "key": ["id"]}
        | {"columns": [ID, AMOUNT]}
    )
    dialect = Dialect(Format(footer=FOOTER), "UTC")
    reading = Reading("test", "data", described, "csv", dialect, datetime(2030, 1, 1))
    blocks = list(reading.read(path, chunk_bytes))
    assert sum(block.n_read for block in blocks) == 2
    assert sum(block.n_rejected for block in blocks) == 0


def test_moments_with_milliseconds_and_a_zone_are_read_without_saying_so(tmp_path: Path) -> None:
    content = b"id,at\na,2026-01-12T15:00:00.000Z\nb,2026-01-12T15:00:00Z\n"
    assert rows(read(tmp_path, content, [ID, AT])) == [
        ("a", datetime(2026, 1, 12, 15)),
        ("b", datetime(2026, 1, 12, 15)),
    ]
