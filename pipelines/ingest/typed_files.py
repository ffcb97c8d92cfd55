"""Workbooks, Parquet and JSON lines as the text their contract expects.

These files carry types of their own. Each value is put into words (those the contract declares for
truth values and the decimal separator, the reader's own for dates and times, which declared formats
might cut), so that one reader with one set of rules follows, whatever a file came in. What has no
words, such as a nested value or a cell with an error, refuses the file.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import Column, Format, ObjectContract
from pipelines.ingest.cells import DoubtfulCellError, cell_value
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.files import opened

ROWS_AT_ONCE = 50_000
LARGEST_WORKBOOK_BYTES = 64 << 20
FIRST_INEXACT_DOUBLE = 2**53
"""Whole numbers from here on are not all among the binary numbers of 64 bits."""


@dataclass(frozen=True)
class TypedBlock:
    """Rows of a file: its header, and a frame of texts by header with `_line`, counted from 1."""

    header: list[str]
    rows: pl.DataFrame


def is_typed(path: Path) -> bool:
    """Does a file of this name carry types of its own?"""
    return _reader(path) is not None


def typed_blocks(path: Path, contract: ObjectContract, format_: Format) -> Iterator[TypedBlock]:
    """Read such a file; a file without rows gives one block without rows.

    Raises:
        FileRefused: it is damaged, or holds something that is no plain value.
    """
    read = _reader(path)
    assert read is not None
    yield from read(path, _Words(path, contract, format_))


class _Written(str):
    """A number of a file of text, digit by digit as it stands there."""


@dataclass(frozen=True)
class _Words:
    """How a value of each column is put into words."""

    path: Path
    contract: ObjectContract
    format: Format

    def column(self, name: str) -> Column | None:
        """What the column of the file is read as; None for one that is not taken in."""
        unpivot = self.contract.unpivot
        if unpivot and name not in unpivot.keep:
            return self._by_name[unpivot.value]
        column = self._by_source.get(name)
        return column if column and column.load else None

    @cached_property
    def _by_source(self) -> dict[str, Column]:
        return {column.source: column for column in self.contract.columns}

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.contract.columns}

    @property
    def header(self) -> list[str]:
        """The columns of a file that does not say which it has."""
        return list(self._by_source)

    def of(self, name: str, value: Any, line: int) -> str | None:
        column = self.column(name)
        if isinstance(value, _Written):
            return self._separated(value, column)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return self._truth(value, column)
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Decimal):
            return self._separated(format(value, "f"), column)
        if isinstance(value, float):
            return self._separated(self._double(name, value, line, column), column)
        if isinstance(value, date):
            return _moment(value, column)
        raise FileRefused(
            f"{self.path.name}: column '{name}' holds {type(value).__name__} in line {line}, which "
            "is no plain value. Deliver it as text, number, date or truth value."
        )

    def _truth(self, value: bool, column: Column | None) -> str:
        tokens = self.format.true_tokens if value else self.format.false_tokens
        if column and column.type == "boolean" and tokens:
            return tokens[0]
        return "true" if value else "false"

    def _separated(self, text: str, column: Column | None) -> str:
        if column and column.type == "decimal":
            return text.replace(".", self.format.decimal_separator)
        return str(text)

    def _double(self, name: str, value: float, line: int, column: Column | None) -> str:
        """The shortest decimal number that is this binary one."""
        is_exact = math.isfinite(value) and abs(value) < FIRST_INEXACT_DOUBLE
        if column and column.type in ("text", "integer") and not is_exact:
            raise FileRefused(
                f"{self.path.name}: column '{name}' holds {value!r} in line {line}, a number in "
                "floating point that does not keep every digit. Deliver the column as text or as "
                "whole numbers."
            )
        if not math.isfinite(value):
            return repr(value)
        return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")


def _moment(value: date, column: Column | None) -> str:
    """A date or time in words that keep all of it."""
    if column is None or column.type == "text":
        return str(value)
    if not isinstance(value, datetime):
        return f"{value.isoformat()} (date)"
    if value.tzinfo is not None:
        utc = value.astimezone(UTC).replace(tzinfo=None)
        if column.type == "timestamp":
            return f"{utc.isoformat(' ', 'microseconds')} (UTC)"
        value = utc
    is_day = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
    if is_day and column.type == "date":
        return f"{value.date().isoformat()} (date)"
    return f"{value.isoformat(' ', 'microseconds')} (time)"


_Read = Callable[[Path, _Words], Iterator[TypedBlock]]


def _reader(path: Path) -> _Read | None:
    name = path.name.removesuffix(".gz")
    if name.endswith(".jsonl"):
        return _json_lines
    if path.name.endswith(".parquet"):
        return _parquet
    return _workbook if path.name.endswith(".xlsx") else None


def _workbook(path: Path, words: _Words) -> Iterator[TypedBlock]:
    """The sheet of a workbook; formulas count with the value they had when it was saved."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    if path.stat().st_size > LARGEST_WORKBOOK_BYTES:
        raise FileRefused(
            f"{path.name} is larger than {LARGEST_WORKBOOK_BYTES >> 20} MB. Deliver it as CSV."
        )
    try:
        with opened(path) as file:
            values = load_workbook(file, data_only=True)
            formulas = load_workbook(file)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileRefused(f"{path.name} is no whole Excel workbook ({error}).") from error
    name = _sheet_name(path, values, words.format.sheet)
    sheet = values[name]
    merged = sorted(str(cells) for cells in sheet.merged_cells.ranges)
    if merged:
        raise FileRefused(
            f"{path.name}, sheet '{name}': cells {merged[0]} are merged, so it is not clear "
            "which row a value is of. Take the cells apart."
        )
    _check_cells(path, sheet, formulas[name])
    rows = list(sheet.iter_rows())
    if not rows:
        raise FileRefused(f"{path.name}, sheet '{name}', is empty, without even a header.")
    header = ["" if cell.value is None else str(cell.value).strip() for cell in rows[0]]
    while header and not header[-1]:
        header.pop()
    texts = [
        [_cell(words, title, cell, line) for title, cell in zip(header, row, strict=False)]
        for line, row in enumerate(rows[1:], start=2)
    ]
    filled = [
        (line, row)
        for line, row in enumerate(texts, start=2)
        if any(text is not None for text in row)
    ]
    yield _block(header, filled)


def _cell(words: _Words, title: str, cell: Any, line: int) -> str | None:
    column = words.column(title)
    if column is None:
        return None if cell.value is None else str(cell.value)
    try:
        value = cell_value(cell.value, cell.number_format, column)
    except DoubtfulCellError as doubt:
        raise FileRefused(
            f"{words.path.name}, sheet '{cell.parent.title}': cell {cell.coordinate} of column "
            f"'{title}' {doubt}."
        ) from doubt
    return words.of(title, value, line)


def _sheet_name(path: Path, workbook: Any, wanted: str | None) -> str:
    names = list(workbook.sheetnames)
    if wanted is not None:
        if wanted not in names:
            raise FileRefused(
                f"{path.name} has no sheet '{wanted}'; it has {', '.join(names)}. Rename one."
            )
        return wanted
    filled = [name for name in names if workbook[name].max_row > 1]
    if len(filled) > 1:
        raise FileRefused(
            f"{path.name} has {len(filled)} sheets with rows ({', '.join(filled)}). Deliver one, "
            "or name the `sheet` in the contract's format."
        )
    return str((filled or names)[0])


def _check_cells(path: Path, values: Any, formulas: Any) -> None:
    for row in formulas.iter_rows():
        for cell in row:
            saved = values[cell.coordinate]
            if saved.data_type == "e":
                raise FileRefused(
                    f"{path.name}, sheet '{values.title}': cell {cell.coordinate} holds the error "
                    f"{saved.value}. Mend the formula and deliver it again."
                )
            if cell.data_type == "f" and saved.value is None:
                raise FileRefused(
                    f"{path.name}, sheet '{values.title}': the formula in cell {cell.coordinate} "
                    "has no value. Open the workbook, let it calculate, and save it."
                )


def _parquet(path: Path, words: _Words) -> Iterator[TypedBlock]:
    try:
        with opened(path) as file:
            frame = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileRefused(f"{path.name} is no whole Parquet file ({error}).") from error
    # A float of 32 bits stands for the shortest decimal number that is it, not for its own digits.
    frame = frame.with_columns(pl.col(pl.Float32).cast(pl.String).cast(pl.Float64))
    header = frame.columns
    if not len(frame):
        yield _block(header, [])
    for first in range(0, len(frame), ROWS_AT_ONCE):
        part = frame.slice(first, ROWS_AT_ONCE)
        texts = [
            (line, [words.of(name, value, line) for name, value in zip(header, row, strict=True)])
            for line, row in enumerate(part.iter_rows(), start=first + 1)
        ]
        yield _with_finer_times(_block(header, texts), part)


def _with_finer_times(block: TypedBlock, frame: pl.DataFrame) -> TypedBlock:
    """Times finer than a microsecond with all their digits, so that they are rejected like those of
    any other file."""
    in_nanoseconds = frame.select(pl.col(pl.Datetime("ns"), pl.Datetime("ns", "*")))
    rows = block.rows
    for column in in_nanoseconds:
        finer = column.dt.nanosecond() % 1000 != 0
        texts = pl.when(finer).then(column.dt.to_string("%F %T%.9f")).otherwise(rows[column.name])
        rows = rows.with_columns(texts.alias(column.name))
    return replace(block, rows=rows)


def _only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key '{next(key for key in keys if keys.count(key) > 1)}' twice")
    return record


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


_JSON = json.JSONDecoder(
    parse_float=_Written,
    parse_int=_Written,
    parse_constant=_no_number,
    object_pairs_hook=_only_once,
)


def _json_lines(path: Path, words: _Words) -> Iterator[TypedBlock]:
    """One object per line. A key that a line lacks is NULL there; numbers stay as written."""
    records: list[tuple[int, dict[str, Any]]] = []
    header: dict[str, None] = {}
    for line, text in enumerate(_text_lines(path), start=1):
        if not text.strip():
            continue
        try:
            record = _JSON.decode(text)
        except (ValueError, RecursionError) as error:
            raise FileRefused(f"{path.name} line {line} is no JSON ({error}).") from error
        if not isinstance(record, dict):
            raise FileRefused(f"{path.name} line {line} is no JSON object.")
        records.append((line, record))
        header.update(dict.fromkeys(record))
    # Without a record nothing says which columns there are.
    names = list(header) or words.header
    texts = [
        (line, [words.of(name, record.get(name), line) for name in names])
        for line, record in records
    ]
    yield _block(names, texts)


def _text_lines(path: Path) -> Iterator[str]:
    try:
        with opened(path) as file:
            packed = gzip.GzipFile(fileobj=file) if path.name.endswith(".gz") else file
            yield from io.TextIOWrapper(packed, encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{path.name} is not written in utf-8 ({error}).") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileRefused(f"{path.name} is no whole gzip file ({error}). Land it again.") from error


def _block(header: list[str], rows: list[tuple[int, list[str | None]]]) -> TypedBlock:
    columns = {
        name: pl.Series([row[place] for _, row in rows], dtype=pl.String)
        for place, name in enumerate(header)
    }
    lines = pl.Series([line for line, _ in rows], dtype=pl.Int64)
    return TypedBlock(header, pl.DataFrame({**columns, "_line": lines}))
