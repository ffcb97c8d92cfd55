"""Workbooks, Parquet and JSON lines as the text their contract expects.

These files carry types of their own. Each value is put into the words the contract declares for it
(date format, words for true and false, decimal separator), so that one reader with one set of
rules follows, whatever a file came in. What has no words, such as a nested value or a cell with an
error, refuses the file.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contracts import Column, Format, ObjectContract
from pipelines.ingest.errors import FileRefused

ROWS_AT_ONCE = 50_000
LARGEST_WORKBOOK_BYTES = 64 << 20


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
    words = _Words(path, {column.source: column for column in contract.columns}, format_)
    yield from read(path, words)


@dataclass(frozen=True)
class _Words:
    """How the contract writes a value of each column."""

    path: Path
    columns: dict[str, Column]
    format: Format

    def of(self, name: str, value: Any, line: int) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return (self.format.true_tokens if value else self.format.false_tokens)[0]
        if isinstance(value, int | float | Decimal):
            return self._number(value)
        if isinstance(value, datetime):
            return self._moment(name, value)
        if isinstance(value, date):
            return value.strftime(self._date_format(name))
        raise FileRefused(
            f"{self.path.name}: column '{name}' holds {type(value).__name__} in line {line}, which "
            "is no plain value. Deliver it as text, number, date or truth value."
        )

    def _number(self, value: float | Decimal) -> str:
        """As a spreadsheet shows it, with up to 15 digits: behind those are artefacts."""
        text = format(Decimal(format(value, ".15g") if isinstance(value, float) else value), "f")
        return text.replace(".", self.format.decimal_separator)

    def _moment(self, name: str, value: datetime) -> str:
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        column = self.columns.get(name)
        is_day = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        if is_day and (column is None or column.type != "timestamp"):
            return value.strftime(self._date_format(name))
        formats = column.formats if column and column.type == "timestamp" else ()
        written = (formats or self.format.timestamps)[0]
        return value.strftime(written.replace("%.f", f".{value.microsecond:06d}"))

    def _date_format(self, name: str) -> str:
        column = self.columns.get(name)
        formats = column.formats if column and column.type == "date" else ()
        return (formats or self.format.dates)[0]


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
        values = load_workbook(path, data_only=True)
        formulas = load_workbook(path)
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
    rows = list(sheet.iter_rows(values_only=True))
    if not rows:
        raise FileRefused(f"{path.name}, sheet '{name}', is empty, without even a header.")
    header = ["" if cell is None else str(cell).strip() for cell in rows[0]]
    while header and not header[-1]:
        header.pop()
    texts = [
        [words.of(title, cell, line) for title, cell in zip(header, row, strict=False)]
        for line, row in enumerate(rows[1:], start=2)
    ]
    filled = [
        (line, row)
        for line, row in enumerate(texts, start=2)
        if any(text is not None for text in row)
    ]
    yield _block(header, filled)


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
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileRefused(f"{path.name} is no whole Parquet file ({error}).") from error
    header = frame.columns
    if not len(frame):
        yield _block(header, [])
    for first in range(0, len(frame), ROWS_AT_ONCE):
        part = frame.slice(first, ROWS_AT_ONCE)
        texts = [
            (line, [words.of(name, value, line) for name, value in zip(header, row, strict=True)])
            for line, row in enumerate(part.iter_rows(), start=first + 1)
        ]
        yield _block(header, texts)


def _json_lines(path: Path, words: _Words) -> Iterator[TypedBlock]:
    """One object per line. A key that a line lacks is NULL there; numbers stay as written."""
    records: list[tuple[int, dict[str, Any]]] = []
    header: dict[str, None] = {}
    for line, text in enumerate(_text_lines(path), start=1):
        if not text.strip():
            continue
        try:
            record = json.loads(text, parse_float=str, parse_int=str)
        except (json.JSONDecodeError, RecursionError) as error:
            raise FileRefused(f"{path.name} line {line} is no JSON ({error}).") from error
        if not isinstance(record, dict):
            raise FileRefused(f"{path.name} line {line} is no JSON object.")
        records.append((line, record))
        header.update(dict.fromkeys(record))
    # Without a record nothing says which columns there are.
    names = list(header) or list(words.columns)
    texts = [
        (line, [words.of(name, record.get(name), line) for name in names])
        for line, record in records
    ]
    yield _block(names, texts)


def _text_lines(path: Path) -> Iterator[str]:
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path, "rt", encoding="utf-8") as stream:
                yield from stream
        else:
            with path.open(encoding="utf-8") as stream:
                yield from stream
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
