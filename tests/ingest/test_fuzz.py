"""Damaged files: never a crash, never a row that a strict reader would not accept as well.

Files of several dialects are mutated at random with fixed seeds. What the reader accepts is
compared with `strict`, value by value; refusing a file, or rejecting a row, is always allowed.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from pipelines.contracts import Format, ObjectContract
from pipelines.ingest import FileRefused
from pipelines.ingest.cast import Dialect
from pipelines.ingest.read import Reading
from tests.ingest.strict import Accepted, Doubtful, Value, strict_rows

FILES_PER_DIALECT = 400
ROWS = 14
TEXTS = (
    "Alder",
    "Köhler",
    'say "hi"',
    "a,b;c|d",
    "two\nlines",
    " padded ",
    "",
    "NULL",
    "NA",
    "é" * 9,
)
COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "source": "Id", "required": True},
    {"name": "name", "source": "Name", "nulls": ["NULL"]},
    {"name": "amount", "source": "Amount", "type": "decimal", "min": -1000000, "max": 1000000},
    {"name": "n_items", "source": "Items", "type": "integer"},
    {"name": "closed_on", "source": "Closed", "type": "date", "min": "1990-01-01"},
    {"name": "is_won", "source": "Won", "type": "boolean"},
]


@dataclass(frozen=True)
class Shape:
    """A dialect files are written in."""

    name: str
    format: Format
    contract: ObjectContract
    suffix: str = ".csv"

    def write(self, rng: Random) -> bytes:
        out = StringIO()
        rows = [self._row(rng, number) for number in range(ROWS)]
        quoting = csv.QUOTE_ALL if self.format.quote else csv.QUOTE_NONE
        writer = csv.writer(
            out,
            delimiter=self.format.delimiter,
            quoting=quoting,
            quotechar=self.format.quote or None,
            lineterminator="\n",
        )
        if self.format.header:
            names = [column.source for column in self.contract.columns]
            if self.contract.unpivot:
                names = [*self.contract.unpivot.keep, "USD", "JPY"]
            writer.writerow([*names, *self.contract.also])
        writer.writerows([*row, *("x" for _ in self.contract.also)] for row in rows)
        data = out.getvalue().encode(self.format.encoding, errors="replace")
        return gzip.compress(data, mtime=0) if self.suffix.endswith(".gz") else data

    def _row(self, rng: Random, number: int) -> list[str]:
        if self.contract.unpivot:
            return [f"2026-01-{number + 1:02d}", rng.choice(("1.25", "N/A", "0.5")), "130"]
        text = rng.choice(TEXTS)
        if self.format.quote is None:
            text = text.replace("\n", " ").replace(self.format.delimiter, " ")
        amount = f"{rng.uniform(-5000, 5000):.{rng.choice((0, 2, 4))}f}"
        return [
            f"R{number}",
            text,
            amount.replace(".", self.format.decimal_separator),
            str(rng.randrange(1000)),
            datetime(2026, rng.randrange(1, 13), rng.randrange(1, 29)).strftime(
                self.format.dates[0].replace("%-", "%")
            ),
            rng.choice((*self.format.true_tokens, *self.format.false_tokens)),
        ]


def _contract(**changes: Any) -> ObjectContract:
    return ObjectContract.model_validate(
        {
            "description": "x",
            "files": ["x*.csv"],
            "delivery": "full",
            "key": ["id"],
            "columns": COLUMNS,
            "also": ["Remark"],
            **changes,
        }
    )


WIDE = _contract(
    key=["rate_on", "currency"],
    also=[],
    unpivot={"keep": ["Date"], "name": "currency", "value": "rate"},
    columns=[
        {"name": "rate_on", "source": "Date", "type": "date", "required": True},
        {"name": "currency", "required": True},
        {"name": "rate", "type": "decimal", "scale": 9, "nulls": ["N/A"]},
    ],
)
EXPORT = Format(encoding="latin-1", true_tokens=("1",), false_tokens=("0",))
GERMAN = Format(delimiter=";", decimal_separator=",", dates=("%d.%m.%Y", "%-d.%-m.%y"))
PIPES = Format(delimiter="|", header=False, quote=None)
SHAPES = (
    Shape("comma, utf-8", Format(), _contract()),
    Shape("weekly export, latin-1", EXPORT, _contract()),
    Shape("pipes, no header, no quotes", PIPES, _contract(also=[])),
    Shape("semicolons, decimal comma", GERMAN, _contract()),
    Shape("utf-16", Format(encoding="utf-16-le"), _contract()),
    Shape("gzip", Format(), _contract(), ".csv.gz"),
    Shape("wide", Format(), WIDE),
)


def truncated(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def flipped(rng: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 8))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def inserted(rng: Random, data: bytes) -> bytes:
    piece = rng.choice((b'"', b'""', b"\n", b"\r", b"\r\n", b",", b";", b"|", b"\0", b"\xff", b" "))
    at = rng.randrange(len(data) + 1)
    return data[:at] + piece * rng.choice((1, 1, 2, 40)) + data[at:]


def removed(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 1, 3, 30)) :]


def shuffled_columns(rng: Random, data: bytes) -> bytes:
    lines = [line.split(b",") for line in data.split(b"\n")]
    order = list(range(len(lines[0])))
    rng.shuffle(order)
    moved = [
        b",".join(line[place] for place in order) if len(line) == len(order) else b",".join(line)
        for line in lines
    ]
    return b"\n".join(moved)


def moved_lines(rng: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    how = rng.randrange(3)
    at = rng.randrange(len(lines))
    if how == 0:
        lines.insert(at, lines[rng.randrange(len(lines))])
    elif how == 1:
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    else:
        half = len(lines[at]) // 2
        lines[at : at + 1] = [lines[at][:half], lines[at][half:]]
    return b"\n".join(lines)


def other_line_ends(rng: Random, data: bytes) -> bytes:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n")))


def mixed_encodings(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    text = rng.choice(("Köhler", "Société", "\ufeff", "日本"))
    return data[:at] + text.encode(rng.choice(("utf-8", "utf-16-le", "utf-16-be"))) + data[at:]


def huge_field(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + b"x" * rng.choice((5_000, 1_200_000)) + data[at:]


def with_mark(_rng: Random, data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    truncated, flipped, inserted, removed, shuffled_columns, moved_lines, other_line_ends,
    mixed_encodings, with_mark,
)  # fmt: skip


def mutated(rng: Random, data: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        mutation = huge_field if rng.random() < 0.01 else rng.choice(MUTATIONS)
        data = mutation(rng, data) or b"\n"
    return data


def accepted(shape: Shape, path: Path, chunk_bytes: int = 1 << 20) -> Accepted:
    """What the project's reader takes from a file."""
    reading = Reading(
        "shop", "deal", shape.contract, "csv", Dialect(shape.format, "UTC"), datetime(2100, 1, 1)
    )
    rows: Accepted = {}
    for block in reading.read(path, chunk_bytes):
        assert block.n_read == len(block.accepted) + block.n_rejected
        for row in block.accepted.iter_rows(named=True):
            line = row.pop("_line")
            rows.setdefault(line, []).append(tuple(row.values()))
    return rows


def is_same(ours: tuple[Value, ...], strict: tuple[Value, ...]) -> bool:
    """Equal; the noise behind the fifteenth digit of a binary number may be gone."""
    return all(
        Context(15).plus(one) == Context(15).plus(other)
        if isinstance(one, Decimal) and isinstance(other, Decimal)
        else one == other
        for one, other in zip(ours, strict, strict=True)
    )


def unexplained(ours: Accepted, path: Path, shape: Shape) -> str:
    """A row that was accepted and should not have been; empty where there is none."""
    try:
        strict = strict_rows(path, shape.contract, shape.format)
    except Doubtful as doubt:
        return f"accepted {len(ours)} lines of a file that is doubtful: {doubt}" if ours else ""
    for line, rows in ours.items():
        waiting = list(strict.get(line, []))
        for row in rows:
            match = next((other for other in waiting if is_same(row, other)), None)
            if match is None:
                return f"line {line}: accepted {row}, strictly it is {strict.get(line)}"
            waiting.remove(match)
    return ""


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_damaged_file_is_never_read_wrong(shape: Shape, tmp_path: Path) -> None:
    outcomes: Counter[str] = Counter()
    path = tmp_path / f"x{shape.suffix}"
    for number in range(FILES_PER_DIALECT):
        rng = Random(f"{shape.name}/{number}")
        path.write_bytes(mutated(rng, shape.write(rng)))
        try:
            ours = accepted(shape, path)
        except FileRefused:
            outcomes["refused"] += 1
            continue
        problem = unexplained(ours, path, shape)
        assert not problem, f"{shape.name} {number}: {problem}\n{path.read_bytes()[:2000]!r}"
        outcomes["read whole" if len(ours) >= ROWS else "read in part"] += 1
    # The mutations have to reach all of the reader: neither all refused, nor all harmless.
    assert outcomes["refused"] >= FILES_PER_DIALECT // 10, outcomes
    assert outcomes["read whole"] + outcomes["read in part"] >= FILES_PER_DIALECT // 10, outcomes


def test_enough_files_are_tried() -> None:
    assert FILES_PER_DIALECT * len(SHAPES) >= 2000


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_an_undamaged_file_is_read_to_the_last_row(shape: Shape, tmp_path: Path) -> None:
    path = tmp_path / f"x{shape.suffix}"
    for number in range(20):
        rng = Random(f"{shape.name}/{number}/whole")
        path.write_bytes(shape.write(rng))
        ours = accepted(shape, path)
        strict = strict_rows(path, shape.contract, shape.format)
        assert ours.keys() == strict.keys()
        assert unexplained(ours, path, shape) == ""
        assert len(ours) == ROWS


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_where_a_block_ends_does_not_matter(shape: Shape, tmp_path: Path) -> None:
    path = tmp_path / f"x{shape.suffix}"
    for number in range(40):
        rng = Random(f"{shape.name}/{number}/blocks")
        data = mutated(rng, shape.write(rng))
        path.write_bytes(data[:20_000])
        try:
            whole = accepted(shape, path)
        except FileRefused:
            with pytest.raises(FileRefused):
                accepted(shape, path, chunk_bytes=64)
            continue
        assert accepted(shape, path, chunk_bytes=64) == whole


def test_a_sloppy_reader_would_be_caught(tmp_path: Path) -> None:
    """The comparison is worth something only if it can fail."""
    shape, path = SHAPES[0], tmp_path / "x.csv"
    caught = 0
    for number in range(60):
        rng = Random(f"sloppy/{number}")
        path.write_bytes(mutated(rng, shape.write(rng)))
        try:
            frame = pl.read_csv(
                path, infer_schema=False, ignore_errors=True, truncate_ragged_lines=True
            )
        except pl.exceptions.PolarsError:
            continue
        rows = {
            line: [tuple(cell for cell in row[:6])]
            for line, row in enumerate(frame.iter_rows(), start=2)
        }
        caught += unexplained(rows, path, shape) != ""
    assert caught > 20
