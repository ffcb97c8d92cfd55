"""Delivered files are read as declared, and whatever is not so is told by line and column."""

from __future__ import annotations

import hashlib
import random
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.contracts import ObjectContract, load_contract
from pipelines.ingest.cast import Dialect
from pipelines.ingest.read import Reading
from tests.ingest.world import DEALS, HEADER, SHOP, World, write_contract

FIRST = "select * exclude (_batch_id, _row_hash) from raw.shop__deal order by id limit 1"


def change(contracts: Path, path: str, value: Any) -> None:
    """Change one place of the shop's contract."""
    document = deepcopy(SHOP)
    *parents, last = path.split(".")
    place = document
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    place[last] = value
    write_contract(contracts, document)


def test_a_row_is_typed_and_knows_where_it_comes_from(shop: World) -> None:
    shop.try_load(DEALS)
    hashed = hashlib.sha256(b"ann@example.com").hexdigest()
    assert shop.rows(FIRST)[0] == (
        "A",
        Decimal("10.5000"),
        date(2026, 1, 31),
        True,
        3,
        hashed,
        datetime(2026, 1, 5, 9),
        datetime(2026, 1, 5, 9),
        datetime(2026, 3, 1, 23, 59, 59, 999999),
        date(2026, 3, 1),
        "upsert",
        "shop/deal/2026-03-01/deals.csv",
        2,
    )


@pytest.mark.parametrize(
    ("row", "column", "rule", "value"),
    [
        ("X,1O.5,,,,,", "amount", "bad_decimal", "1O.5"),
        ('X,"10,5",,,,,', "amount", "bad_decimal", "10,5"),
        ("X,nan,,,,,", "amount", "bad_decimal", "nan"),
        ("X,123456789012345,,,,,", "amount", "bad_decimal", "123456789012345"),
        ("X,-1,,,,,", "amount", "out_of_range", "-1"),
        ("X,,31-12-26,,,,", "closed_on", "bad_date", "31-12-26"),
        ("X,,2026-1-2,,,,", "closed_on", "bad_date", "2026-1-2"),
        ("X,,2026-02-30,,,,", "closed_on", "bad_date", "2026-02-30"),
        ("X,,0016-01-02,,,,", "closed_on", "out_of_range", "0016-01-02"),
        ("X,,46000,,,,", "closed_on", "bad_date", "46000"),
        ("X,,,yes,,,", "is_won", "bad_boolean", "yes"),
        ("X,,,,3.0,,", "n_items", "bad_integer", "3.0"),
        ("X,,,,,,2026-01-05", "changed_at", "bad_timestamp", "2026-01-05"),
        ("X,,,,,,2026-03-03 00:00:01", "changed_at", "recorded_after_cut", "2026-03-03 00:00:01"),
        (",1,,,,,", "id", "required", None),
        ("X,1,,", None, "too_few_fields", "4 fields instead of 7"),
        ("X,1,,,,,,,", None, "too_many_fields", "9 fields instead of 7"),
    ],
)
def test_a_bad_value_fails_the_batch_and_is_told(
    shop: World, row: str, column: str | None, rule: str, value: str | None
) -> None:
    result = shop.try_load(DEALS + row + "\n")
    assert (result.status, result.n_read, result.n_rejected) == ("failed", 3, 1)
    assert shop.rejects() == [(4, column, rule, value)]
    assert shop.log() == []
    shown = f"deals.csv line 4 {f'column {column} ' if column else ''}rule {rule}"
    assert f"shop/deal 2026-03-01: 1 of 3 rows rejected (limit 0): first {shown}" in str(
        result.message
    )


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("20565.620599999998", "20565.6206", id="float noise of a spreadsheet"),
        pytest.param("1.39E8", "139000000", id="exponent"),
        pytest.param(" 12.50 ", "12.5", id="space around"),
        pytest.param(".5", "0.5", id="no leading zero"),
    ],
)
def test_numbers_are_read_as_programs_write_them(shop: World, text: str, amount: str) -> None:
    assert shop.try_load(HEADER + f"A,{text},,,,,\n").status == "loaded"
    assert shop.log()[0][1] == Decimal(amount)


@pytest.mark.parametrize(
    ("limit", "status"),
    [(0, "failed"), (1, "failed"), (2, "loaded"), (0.4, "failed"), (0.5, "loaded")],
)
def test_rejects_within_the_limit_leave_the_good_rows(
    shop: World, contracts: Path, limit: float, status: str
) -> None:
    change(contracts, "objects.deal.reject_limit", limit)
    result = shop.try_load(DEALS + "X,bad,,,,,\nY,1,bad,yes,,,\n")
    assert (result.status, result.n_read, result.n_rejected) == (status, 4, 2)
    assert [row[0] for row in shop.log()] == (["A", "B"] if status == "loaded" else [])
    assert [row[0] for row in shop.rejects()] == [4, 5, 5]


@pytest.mark.parametrize(
    ("n_far", "n_near", "more", "expected"),
    [
        (1, 1, "", "loaded"),
        (10, 0, "", "loaded"),
        (11, 0, "", "failed"),
        (11, 99, "", "loaded"),
        (12, 99, "", "failed"),
        pytest.param(1, 1, "Z,much,1999-01-01,,,,\n", "failed", id="and another fault"),
        pytest.param(1, 1, "Z,1\n", "failed", id="and a row that is cut off"),
    ],
)
def test_history_out_of_range_is_set_aside_where_it_is_little(
    shop: World, contracts: Path, n_far: int, n_near: int, more: str, expected: str
) -> None:
    change(contracts, "objects.deal.is_history", True)
    days_of = ["1999-12-31"] * n_far + ["2001-01-01"] * n_near
    rows = "".join(f"{number},1,{day},,,,\n" for number, day in enumerate(days_of))
    result = shop.try_load(HEADER + rows + more)
    assert result.status == expected
    if expected == "loaded":
        assert (result.n_read, result.n_rejected) == (n_far + n_near, n_far)
        assert {rule for *_, rule, _ in shop.rejects()} == {"out_of_range"}


def test_an_email_is_never_shown(shop: World, contracts: Path) -> None:
    change(contracts, "objects.deal.key", ["id", "email"])
    result = shop.try_load(HEADER + "A,1,,,,ann@example.com,\nA,2,,,,ann@example.com,\n")
    assert [row[1:] for row in shop.rejects()] == [
        ("id, email", "duplicate_key", "A, (personal data)")
    ] * 2
    assert "ann@" not in str(result.message)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("id,amount\nA,1\n", "lacks columns 'closed_on', 'is_won'", id="missing"),
        pytest.param(
            DEALS.replace("changed_at", "changed_at,colour", 1), "has column 'colour'", id="extra"
        ),
        pytest.param(DEALS.replace("amount", "id", 1), "has column 'id' twice", id="twice"),
        pytest.param(HEADER + 'A,1,,,,"open,\nB,2,,,,x,\n', "do not pair up", id="open quote"),
        pytest.param(HEADER + 'A,1,,,,say "x" now,\n', "at line 2", id="stray quote"),
        pytest.param(
            DEALS.encode() + b"C,1,,,,M\xfcller,\n",
            f"byte {len(DEALS) + 9}, in line 4",
            id="latin-1",
        ),
        pytest.param(
            DEALS.encode("utf-16"), "is written in utf-16. Declare `encoding: utf-16`", id="utf-16"
        ),
        pytest.param(DEALS.encode() + b"C\0,1,,,,,\n", "NUL byte in line 4", id="NUL"),
        pytest.param(b"\n\n", "without even a header", id="blank lines only"),
    ],
)
def test_a_file_that_is_not_what_was_declared_is_refused(
    shop: World, content: str | bytes, says: str
) -> None:
    result = shop.try_load(content)
    assert result.status == "failed"
    assert says in str(result.message)
    assert "shop/deal 2026-03-01: deals.csv" in str(result.message)


def test_a_broken_gzip_file_is_refused(shop: World) -> None:
    result = shop.try_load(b"\x1f\x8b\x08 not really", "deals.csv.gz")
    assert "a truncated gzip file" in str(result.message)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(DEALS.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + DEALS.encode(), id="byte order mark"),
        pytest.param(DEALS.rstrip("\n").encode(), id="no last line feed"),
        pytest.param((DEALS + "\n\n").encode(), id="blank lines at the end"),
        pytest.param(
            DEALS.replace("changed_at", "changed_at,remark", 1).replace("00\n", "00,x\n").encode(),
            id="known column that is not loaded",
        ),
        pytest.param(
            DEALS.replace("changed_at\n", "changed_at,\n", 1).replace("00\n", "00,\n").encode(),
            id="trailing delimiter",
        ),
    ],
)
def test_harmless_differences_load_the_same_rows(shop: World, content: bytes) -> None:
    assert shop.try_load(content).status == "loaded"
    assert [(row[0], row[-1]) for row in shop.log()] == [("A", 2), ("B", 3)]


def test_an_unnamed_column_with_values_is_refused(shop: World) -> None:
    content = DEALS.replace("changed_at\n", "changed_at,\n", 1).replace("00\n", "00,x\n")
    assert "without a name that holds values" in str(shop.try_load(content).message)


def test_lines_are_physical_behind_fields_with_line_feeds(shop: World) -> None:
    content = HEADER + '"A\n1",1,,,,"x\r\ny",\n\nB,2,,,,"a ""b"", c",\nC,bad,,,,,\n'
    shop.try_load(content)
    assert shop.rejects() == [(7, "amount", "bad_decimal", "bad")]


def test_rows_that_are_equal_are_one_and_rows_that_differ_are_none(shop: World) -> None:
    again = DEALS + "B,,,false,,,2026-01-06 09:00:00\n"
    result = shop.try_load(again)
    assert (result.n_read, result.n_accepted, result.n_duplicate) == (3, 2, 1)
    other = World.of(shop.folder / "other")
    result = other.try_load(again + "A,99,,,,,\n")
    assert (result.status, result.n_read, result.n_rejected) == ("failed", 4, 2)
    assert [(row[0], row[2], row[3]) for row in other.rejects()] == [
        (2, "duplicate_key", "A"),
        (5, "duplicate_key", "A"),
    ]


def _random_file(seed: int) -> tuple[str, list[tuple[int, list[str]]]]:
    """A file with quotes and line feeds in fields, and what it holds by physical line."""
    draw = random.Random(seed)
    pieces = ["a", '"', ",", "\n", "\r\n", "é", " x", ""]
    text, line, expected = "id,note\n", 2, []
    for number in range(60):
        note = "".join(draw.choice(pieces) for _ in range(draw.randint(0, 6)))
        needs_quotes = any(mark in note for mark in '",\n\r') or draw.random() < 0.3
        shown = '"' + note.replace('"', '""') + '"' if needs_quotes else note
        expected.append((line, [str(number), note.strip()]))
        text += f"{number},{shown}\n"
        line += 1 + note.count("\n")
    return text, expected


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("chunk_bytes", [7, 64, 1 << 20])
def test_block_size_changes_neither_values_nor_lines(
    tmp_path: Path, seed: int, chunk_bytes: int
) -> None:
    text, expected = _random_file(seed)
    path = tmp_path / "notes.csv"
    path.write_bytes(text.encode())
    contract = ObjectContract.model_validate(
        {
            "description": "Notes.",
            "files": ["notes.csv"],
            "delivery": "full",
            "key": ["id"],
            "columns": [{"name": "id", "required": True}, {"name": "note"}],
        }
    )
    plain = Dialect(load_contract("finance").formats["csv"], "UTC")
    reading = Reading("test", "note", contract, "csv", plain, datetime(2030, 1, 1))
    found = [
        (row[0], [row[1], row[2] or ""])
        for block in reading.read(path, chunk_bytes)
        for row in block.accepted.iter_rows()
    ]
    assert found == expected
