"""Workbooks, Parquet and JSON lines as the text their contract expects.

These files carry types of their own. Each value is put into words (those the contract declares for
truth values and the decimal separator, the reader's own for dates and times, which declared formats
might cut), so that one reader with one set of rules follows, whatever a file came in. What has no
words, such as a nested value or a cell with an error, refuses the file.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.contracts import Column, Format, ObjectContract
from pipelines.ingest.cells import DoubtfulCellError, cell_value
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.files import opened
from pipelines.ingest.signature import PARQUET, WORKBOOK, check_container
from pipelines.ingest.unpacked import (
    MOST_COLUMNS,
    check_parquet,
    check_texts,
    check_workbook,
    too_many_columns,
    unpacked,
)
from pipelines.settings import Limits

ROWS_AT_ONCE = 50_000
CELLS_AT_ONCE = 5_000_000
CHARACTERS_AT_ONCE = 64 << 20
MARK = "\ufeff"
LONGEST_LINE = 16 << 20
"""Characters of one JSON object."""
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


def typed_blocks(
    path: Path, contract: ObjectContract, format_: Format, limits: Limits
) -> Iterator[TypedBlock]:
    """Read such a file; a file without rows gives one block without rows.

    The header of a block of JSON lines has the keys that stand in the block.

    Raises:
        FileRefused: it is damaged, too large, or holds something that is no plain value.
    """
    read = _reader(path)
    assert read is not None
    yield from read(path, _Words(path, contract, format_), limits)


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


_Read = Callable[[Path, _Words, Limits], Iterator[TypedBlock]]


def _reader(path: Path) -> _Read | None:
    name = path.name.removesuffix(".gz")
    if name.endswith(".jsonl"):
        return _json_lines
    if path.name.endswith(".parquet"):
        return _parquet
    return _workbook if path.name.endswith(".xlsx") else None


def _workbook(path: Path, words: _Words, limits: Limits) -> Iterator[TypedBlock]:
    """The sheet of a workbook; formulas count with the value they had when it was saved."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with opened(path) as file:
            check_container(path, file, WORKBOOK)
            check_workbook(path, file, limits)
            values = load_workbook(file, data_only=True)
            name = _sheet_name(path, values, words.format.sheet)
            _check_cells(path, values[name], load_workbook(file)[name])
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise FileRefused(f"{path.name} is not a complete Excel workbook ({error}).") from error
    sheet = values[name]
    merged = sorted(str(cells) for cells in sheet.merged_cells.ranges)
    if merged:
        raise FileRefused(
            f"{path.name}, sheet '{name}': cells {merged[0]} are merged, so it is not clear "
            "which row a value is of. Take the cells apart."
        )
    yield _of_sheet(words, sheet)


def _cells(sheet: Any) -> Mapping[tuple[int, int], Any]:
    """The cells that are in the file, by row and column.

    openpyxl has no public way to them: asked for rows, it makes every cell up to the farthest one.
    """
    cells: Mapping[tuple[int, int], Any] = sheet._cells
    return cells


def _of_sheet(words: _Words, sheet: Any) -> TypedBlock:
    where = f"{words.path.name}, sheet '{sheet.title}'"
    filled = {place: cell for place, cell in _cells(sheet).items() if cell.value is not None}
    if not filled:
        raise FileRefused(f"{where}, is empty, without even a header.")
    titles = {column: str(cell.value).strip() for (row, column), cell in filled.items() if row == 1}
    header = [titles.get(column, "") for column in range(1, max(titles, default=0) + 1)]
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise too_many_columns(words.path, len(header))
    rows: dict[int, list[str | None]] = {}
    for (line, column), cell in sorted(filled.items()):
        if line == 1:
            continue
        if column <= len(header):
            row = rows.setdefault(line, [None] * len(header))
            row[column - 1] = _cell(words, header[column - 1], cell, line)
        elif str(cell.value).strip():
            raise FileRefused(
                f"{where}: cell {cell.coordinate} holds a value to the right of the header, so it "
                "is of no column. Give the column a name, or clear the cell."
            )
    return _block(header, list(rows.items()))


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
    filled = [name for name in names if any(row > 1 for row, _ in _cells(workbook[name]))]
    if len(filled) > 1:
        raise FileRefused(
            f"{path.name} has {len(filled)} sheets with rows ({', '.join(filled)}). Deliver one, "
            "or name the `sheet` in the contract's format."
        )
    return str((filled or names)[0])


def _check_cells(path: Path, values: Any, formulas: Any) -> None:
    saved = _cells(values)
    for place, cell in sorted(_cells(formulas).items()):
        if saved[place].data_type == "e":
            raise FileRefused(
                f"{path.name}, sheet '{values.title}': cell {cell.coordinate} holds the error "
                f"{saved[place].value}. Mend the formula and deliver it again."
            )
        if cell.data_type == "f" and saved[place].value is None:
            raise FileRefused(
                f"{path.name}, sheet '{values.title}': the formula in cell {cell.coordinate} "
                "has no value. Open the workbook, let it calculate, and save it."
            )


def _parquet(path: Path, words: _Words, limits: Limits) -> Iterator[TypedBlock]:
    try:
        with opened(path) as file:
            check_container(path, file, PARQUET)
            check_parquet(path, file, limits)
            frame = _frame(file)
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        raise FileRefused(f"{path.name} is not a complete Parquet file ({error}).") from error
    check_texts(path, frame, limits)
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


def _frame(file: BinaryIO) -> pl.DataFrame:
    """The rows of a Parquet file; decimals wider than Polars has them as text."""
    schema = pq.read_schema(file)
    file.seek(0)
    wide = [field for field in schema if pa.types.is_decimal256(field.type)]
    if not wide:
        return pl.read_parquet(file)
    table = pq.read_table(file)
    for field in wide:
        place = table.schema.get_field_index(field.name)
        table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


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


def _json_lines(path: Path, words: _Words, limits: Limits) -> Iterator[TypedBlock]:
    """One object per line. A key that a line lacks is NULL there; numbers stay as written."""
    records: list[tuple[int, dict[str, Any]]] = []
    header: dict[str, None] = {}
    n_characters, n_blocks = 0, 0
    for line, text in enumerate(_text_lines(path, limits), start=1):
        if not text.strip():
            continue
        records.append((line, _record(path, line, text)))
        header.update(dict.fromkeys(records[-1][1]))
        if len(header) > MOST_COLUMNS:
            raise too_many_columns(path, len(header))
        n_characters += len(text)
        is_full = len(records) == ROWS_AT_ONCE or len(records) * len(header) > CELLS_AT_ONCE
        if is_full or n_characters > CHARACTERS_AT_ONCE:
            yield _of_records(words, list(header), records)
            records, header, n_characters, n_blocks = [], {}, 0, n_blocks + 1
    if records or not n_blocks:
        # Without a record nothing says which columns there are.
        yield _of_records(words, list(header) or words.header, records)


def _record(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        record = _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise FileRefused(no_record(path, line, text, f" ({error})")) from error
    if not isinstance(record, dict):
        raise FileRefused(no_record(path, line, text))
    return record


def no_record(path: Path, line: int, text: str, why: str = "") -> str:
    """What is wrong with a line of JSON lines that holds no object, and what to do about it."""
    begins = text.lstrip()[:1]
    if "\0" in text:
        return f"{path.name} is not written in utf-8, as JSON lines are. Export it in utf-8."
    if begins == MARK:
        return (
            f"{path.name} has a byte order mark within line {line}: files were pasted together. "
            "Land each by itself."
        )
    if begins == "[":
        return (
            f"{path.name} line {line} begins a list, and JSON lines have one object in each line. "
            "Export it as JSON lines; `jq -c '.[]'` makes them of a list."
        )
    if begins == "{":
        return (
            f"{path.name} line {line} is not valid JSON{why}. JSON lines have one whole object in "
            "each line; `jq -c .` makes them of objects that take several."
        )
    return (
        f"{path.name} line {line} is not a JSON object. Fix the export, or land a table of text "
        "under a name such as one that ends with .csv."
    )


def _of_records(
    words: _Words, names: list[str], records: list[tuple[int, dict[str, Any]]]
) -> TypedBlock:
    texts = [
        (line, [words.of(name, record.get(name), line) for name in names])
        for line, record in records
    ]
    return _block(names, texts)


def _text_lines(path: Path, limits: Limits) -> Iterator[str]:
    with unpacked(path, limits) as stream:
        lines = io.TextIOWrapper(io.BufferedReader(stream), encoding="utf-8-sig")
        try:
            while text := lines.readline(LONGEST_LINE + 1):
                if len(text) > LONGEST_LINE:
                    raise FileRefused(
                        f"{path.name} has a line of more than {LONGEST_LINE >> 20} million "
                        "characters. JSON lines have one object in each line; fix the export."
                    )
                yield text
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"{path.name} is not written in utf-8, as JSON lines are ({error.reason}: "
                f"0x{error.object[error.start]:02x}). Export it in utf-8."
            ) from error


def _block(header: list[str], rows: list[tuple[int, list[str | None]]]) -> TypedBlock:
    columns = {
        name: pl.Series([row[place] for _, row in rows], dtype=pl.String)
        for place, name in enumerate(header)
    }
    lines = pl.Series([line for line, _ in rows], dtype=pl.Int64)
    return TypedBlock(header, pl.DataFrame({**columns, "_line": lines}))
