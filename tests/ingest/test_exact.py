"""A value is kept as it was delivered, in every format, or it is refused: none changes silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook

from pipelines.contracts import catalogue
from tests.ingest.world import World, days, write_contract

COLUMNS: list[dict[str, Any]] = [
    {"name": "code", "required": True},
    {"name": "amount", "type": "decimal"},
    {"name": "n_items", "type": "integer"},
    {"name": "born_on", "type": "date"},
    {"name": "is_won", "type": "boolean"},
    {"name": "share", "type": "decimal", "scale": 6, "unit": "fraction"},
    {"name": "chance", "type": "decimal", "unit": "percent"},
    {"name": "changed_at", "type": "timestamp"},
]
NAMES = [column["name"] for column in COLUMNS]
MOMENT = datetime(2026, 2, 28, 11, 0, 45, 900_000)


def contract(**format_: Any) -> dict[str, Any]:
    written = {"timestamps": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f"]} | format_
    event = {
        "description": "Events; each row is a version.",
        "files": ["events.csv"],
        "delivery": "incremental",
        "key": ["code"],
        "recorded_at": ["changed_at"],
        "columns": deepcopy(COLUMNS),
    }
    return {
        "description": "A shop's own system.",
        "owner": "team:revops",
        "formats": {"csv": written},
        "objects": {"event": event},
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_contract(tmp_path, contract())
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> Iterator[World]:
    world = World.of(folder / "shop")
    yield world
    world.connection.close()


def text(**values: Any) -> str:
    return f"{','.join(NAMES)}\n{','.join(str(values.get(name, '')) for name in NAMES)}\n"


def parquet(path: Path, *rows: dict[str, Any], **types: Any) -> bytes:
    given = {"code": "A", "changed_at": MOMENT}
    frame = pl.DataFrame(
        [{name: (given | row).get(name) for name in NAMES} for row in rows], orient="row"
    )
    frame.with_columns(pl.col(name).cast(kind) for name, kind in types.items()).write_parquet(path)
    return path.read_bytes()


def workbook(path: Path, formats: dict[str, str] | None = None, **values: Any) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(NAMES)
    sheet.append([({"code": "A"} | values).get(name) for name in NAMES])
    for name, shown in (formats or {}).items():
        sheet.cell(2, NAMES.index(name) + 1).number_format = shown
    book.save(path)
    return path.read_bytes()


def loaded(shop: World, column: str) -> list[Any]:
    return [value for (value,) in shop.rows(f"select {column} from raw.shop__event order by 1")]


# Numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.5", "1.5"),
        ("12.34000000", "12.34"),
        ("1.39E8", "139000000"),
        ("125E-2", "1.25"),
        ("20565.620599999998", "20565.6206"),
        ("0.30000000000000004", "0.3"),
        ("99999999999999.9999", "99999999999999.9999"),
    ],
)
def test_every_digit_that_was_delivered_is_kept(shop: World, written: str, kept: str) -> None:
    assert shop.try_load(text(code="A", amount=written), "events.csv").status == "loaded"
    assert loaded(shop, "amount") == [Decimal(kept)]


@pytest.mark.parametrize(
    ("column", "written", "rule"),
    [
        ("amount", "1.429999948", "too_precise"),
        ("amount", "0.00004", "too_precise"),
        ("amount", "-0.00005", "too_precise"),
        ("amount", "4E-5", "too_precise"),
        # Nineteen digits are no binary number with noise at its end.
        ("amount", "12345678901234.56789", "too_precise"),
        ("amount", "123456789012345", "bad_decimal"),
        ("amount", "1E30", "bad_decimal"),
        ("n_items", "5.5", "bad_integer"),
        ("n_items", "9223372036854775808", "bad_integer"),
        ("changed_at", "2026-02-28 11:00:00.123456789", "too_precise"),
        ("changed_at", "2026-02-28 11:00:61", "bad_timestamp"),
    ],
)
def test_what_cannot_be_kept_is_a_counted_reject(
    shop: World, column: str, written: str, rule: str
) -> None:
    result = shop.try_load(text(code="A", **{column: written}), "events.csv")
    assert (result.status, result.n_rejected) == ("failed", 1)
    assert shop.rejects() == [(2, column, rule, written)]


def test_a_column_with_more_places_keeps_them(folder: Path, shop: World) -> None:
    document = contract()
    document["objects"]["event"]["columns"][1] |= {"scale": 9}
    write_contract(folder, document)
    shop.try_load(text(code="A", amount="1.429999948"), "events.csv")
    assert loaded(shop, "amount") == [Decimal("1.429999948")]


def test_a_short_float_stands_for_the_shortest_decimal_number(shop: World, tmp_path: Path) -> None:
    content = parquet(tmp_path / "x.parquet", {"amount": 20565.62}, amount=pl.Float32)
    assert shop.try_load(content, "events.parquet").status == "loaded"
    assert loaded(shop, "amount") == [Decimal("20565.62")]


@pytest.mark.parametrize("kind", [pl.Float32, pl.Float64])
def test_a_float_too_fine_for_its_column_is_rejected(
    shop: World, tmp_path: Path, kind: pl.DataType
) -> None:
    content = parquet(tmp_path / "x.parquet", {"amount": 0.00004}, amount=kind)
    assert shop.try_load(content, "events.parquet").status == "failed"
    assert shop.rejects() == [(1, "amount", "too_precise", "0.00004")]


@pytest.mark.parametrize(("column", "value"), [("n_items", 2.0**53), ("code", 1.5e17)])
def test_a_float_that_lost_digits_is_no_id_and_no_count(
    shop: World, tmp_path: Path, column: str, value: float
) -> None:
    content = parquet(tmp_path / "x.parquet", {column: value})
    message = str(shop.try_load(content, "events.parquet").message)
    assert f"column '{column}' holds {value!r} in line 1" in message


def test_whole_numbers_of_a_float_column_are_counts(shop: World, tmp_path: Path) -> None:
    content = parquet(tmp_path / "x.parquet", {"n_items": 5.0, "code": 42.0})
    shop.try_load(content, "events.parquet")
    assert shop.rows("select code, n_items from raw.shop__event") == [("42", 5)]


def test_numbers_of_json_keep_every_digit(folder: Path, shop: World) -> None:
    write_contract(folder, contract(decimal_separator=","))
    line = json.dumps(dict.fromkeys(NAMES)).replace('"code": null', '"code": 12345678901234567890')
    line = line.replace('"amount": null', '"amount": 10.50')
    assert shop.try_load(f"{line}\n", "events.jsonl").status == "loaded"
    assert shop.rows("select code, amount from raw.shop__event") == [
        ("12345678901234567890", Decimal("10.5"))
    ]


@pytest.mark.parametrize("line", ['{"code": "A", "code": "B"}', '{"code": NaN}'])
def test_json_that_says_two_things_or_no_number_is_refused(shop: World, line: str) -> None:
    assert "line 1 is not valid JSON" in str(shop.try_load(f"{line}\n", "events.jsonl").message)


@pytest.mark.parametrize("column", ["amount", "n_items", "is_won"])
def test_a_date_is_no_number_however_the_contract_writes_dates(
    folder: Path, shop: World, tmp_path: Path, column: str
) -> None:
    write_contract(folder, contract(dates=["%Y%m%d"], true_tokens=["1"], false_tokens=["0"]))
    content = parquet(tmp_path / "x.parquet", {column: date(2026, 1, 31)})
    assert shop.try_load(content, "events.parquet").n_rejected == 1


def test_a_truth_value_is_no_number(folder: Path, shop: World, tmp_path: Path) -> None:
    write_contract(folder, contract(true_tokens=["1"], false_tokens=["0"]))
    content = parquet(tmp_path / "x.parquet", {"n_items": True})
    shop.try_load(content, "events.parquet")
    assert shop.rejects() == [(1, "n_items", "bad_integer", "true")]


# Times -----------------------------------------------------------------------------------------


def test_a_moment_is_the_same_in_every_format(shop: World, tmp_path: Path) -> None:
    """Two versions 0.8 s apart, and a workbook, which knows thousandths as well."""
    earlier = MOMENT - timedelta(milliseconds=800)
    rows: list[dict[str, Any]] = [{"changed_at": earlier}, {"changed_at": MOMENT}]
    empty = dict.fromkeys(NAMES) | {"code": "A"}
    lines = "".join(
        json.dumps(empty | {"changed_at": str(row["changed_at"])}) + "\n" for row in rows
    )
    csv = text(code="A", changed_at=earlier) + text(code="A", changed_at=MOMENT).split("\n")[1]
    files = {
        "events.csv": csv.encode(),
        "events.jsonl": lines.encode(),
        "events.parquet": parquet(tmp_path / "us.parquet", *rows),
    }
    for number, (name, content) in enumerate(files.items(), start=1):
        shop.deliver(days(number)[0], content, name)
    nanoseconds = parquet(tmp_path / "ns.parquet", *rows, changed_at=pl.Datetime("ns"))
    shop.deliver(days(4)[0], nanoseconds, "events.parquet")
    shop.deliver(days(5)[0], workbook(tmp_path / "x.xlsx", changed_at=MOMENT), "events.xlsx")
    results = shop.load()
    assert [(each.status, each.n_accepted) for each in results] == [("loaded", 2)] * 4 + [
        ("loaded", 1)
    ]
    # What came again is not news: every format gave the very same two moments.
    assert loaded(shop, "changed_at") == [earlier, MOMENT]


def test_declared_formats_do_not_cut_what_a_typed_file_holds(
    folder: Path, shop: World, tmp_path: Path
) -> None:
    """Neither the seconds nor the century can be written in this form."""
    write_contract(folder, contract(timestamps=["%m/%d/%y %I:%M %p"], dates=["%m/%d/%y"]))
    row = {"born_on": date(1960, 5, 4), "changed_at": MOMENT}
    shop.try_load(parquet(tmp_path / "x.parquet", row), "events.parquet")
    assert shop.rows("select born_on, changed_at from raw.shop__event") == [
        (date(1960, 5, 4), MOMENT)
    ]


@pytest.mark.parametrize("hour", [5, 6], ids=["the first 01:30", "the second 01:30"])
def test_a_moment_with_a_zone_stays_itself_where_times_are_local(
    folder: Path, tmp_path: Path, hour: int
) -> None:
    """On 2026-11-01 New York's clocks go back at 06:00 UTC: half past one happens twice."""
    write_contract(folder, contract(time_zone="company"))
    world = World.of(folder / "shop", time_zone="America/New_York")
    moment = datetime(2026, 11, 1, hour, 30, tzinfo=UTC)
    content = parquet(tmp_path / "x.parquet", {"changed_at": moment, "born_on": None})
    world.deliver(date(2026, 11, 2), content, "events.parquet")
    assert world.load()[-1].status == "loaded"
    assert loaded(world, "changed_at") == [moment.replace(tzinfo=None)]
    world.connection.close()


def test_times_finer_than_are_kept_are_rejected_in_parquet_too(shop: World, tmp_path: Path) -> None:
    row = {"changed_at": MOMENT}
    frame = pl.read_parquet(parquet(tmp_path / "x.parquet", row, changed_at=pl.Datetime("ns")))
    finer = pl.col("changed_at") + pl.duration(nanoseconds=7)
    frame.with_columns(finer.alias("changed_at")).write_parquet(tmp_path / "y.parquet")
    shop.try_load((tmp_path / "y.parquet").read_bytes(), "events.parquet")
    assert shop.rejects() == [(1, "changed_at", "too_precise", "2026-02-28 11:00:45.900000007")]


# Workbooks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "value", "code"),
    [
        ("General", 42, "42"),
        ("General", 20565.620599999998, "20565.6206"),
        ("00000", 42, "00042"),
        ("00000", 123456, "123456"),
        ("000-00-0000", 123456789, "123-45-6789"),
        ('"C-"0000', 42, "C-0042"),
        ("#", 42, "42"),
        ("General", True, "TRUE"),
        ("@", "00042", "00042"),
    ],
)
def test_in_a_column_of_texts_what_a_person_sees_counts(
    shop: World, tmp_path: Path, shown: str, value: Any, code: str
) -> None:
    content = workbook(tmp_path / "x.xlsx", {"code": shown}, code=value)
    assert shop.try_load(content, "events.xlsx").message is None
    assert loaded(shop, "code") == [code]


@pytest.mark.parametrize(
    ("column", "shown", "value", "says"),
    [
        ("code", "General", 1234567890123456, "a number of more than 15 digits"),
        ("code", "General", 1.23456789012346e17, "a number of more than 15 digits"),
        ("n_items", "General", 1234567890123456, "a number of more than 15 digits"),
        ("code", "yyyy-mm-dd", datetime(2026, 1, 2), "holds a date or a time"),
        ("code", "0.00", 42, "the number 42 in a column of texts"),
        ("code", "#,##0", 4200, "the number 4200 in a column of texts"),
        ("code", "0", 42.5, "the number 42.5 in a column of texts"),
        ("amount", "0%", 0.5, "shows 50% and holds 0.5"),
    ],
)
def test_a_cell_that_excel_may_have_changed_is_refused_by_name(
    shop: World, tmp_path: Path, column: str, shown: str, value: Any, says: str
) -> None:
    content = workbook(tmp_path / "x.xlsx", {column: shown}, **{column: value})
    message = str(shop.try_load(content, "events.xlsx").message)
    cell = f"cell {'ABCDEFGH'[NAMES.index(column)]}2 of column '{column}'"
    assert cell in message
    assert says in message


def test_a_percentage_is_read_as_the_contract_counts(shop: World, tmp_path: Path) -> None:
    formats = {"share": "0.0%", "chance": "0%"}
    content = workbook(tmp_path / "x.xlsx", formats, share=0.125, chance=0.1)
    shop.try_load(content, "events.xlsx")
    assert shop.rows("select share, chance from raw.shop__event") == [
        (Decimal("0.125"), Decimal(10))
    ]
