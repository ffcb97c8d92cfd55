"""Read a sample of a delivered file before there is a contract of it.

The dialect of a file of text is found by DuckDB; the rows are then read as they will be once the
contract is written, so that what is drafted from them can be loaded.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import BadZipFile

import duckdb
import polars as pl
from openpyxl import load_workbook

from pipelines.contracts import Column, Format, ObjectContract
from pipelines.contracts.draft import Sample
from pipelines.contracts.guess import SampleColumn
from pipelines.contracts.model import Type
from pipelines.ingest.cast import Dialect, Rule
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.files import opened
from pipelines.ingest.read import FEWEST_EMPTY, SEPARATOR, TOTAL, Reading
from pipelines.ingest.signature import PARQUET, WORKBOOK, check_container, is_json
from pipelines.ingest.typed_files import is_typed, no_record, typed_blocks
from pipelines.ingest.unpacked import unpacked
from pipelines.settings import Limits

_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"(?=.*\d)[+-]?(\d+|\d{1,3}([.,]\d{3})+)?([.,]\d+)?", re.ASCII)
"""However its thousands and places are written; `01.02.2026` is none."""
_LEFT_OUT = (
    "ends with a total ('{}'), which was left out here and is rejected by a run: export it without "
    "totals"
)


class _AsTold(Reading):
    """Reads rows of the right length without asking more of them."""

    def _rules(self) -> list[Rule]:
        return []


def read_sample(path: Path) -> Sample:
    """A sample file with what its values are, as far as the file itself says it.

    Raises:
        FileRefused: there is none, it cannot be read, or it has no columns.
    """
    if path.is_dir():
        raise FileRefused(f"{path} is a folder. Name the files in it, one sample of each kind")
    if not path.is_file():
        raise FileRefused(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise FileRefused(f"{path.name} is empty, without even a header. Give another sample")
    return _typed_sample(path) if is_typed(path) else _text_sample(path)


def _text_sample(path: Path) -> Sample:
    encoding, text = _decoded(path)
    if SEPARATOR.fullmatch(text.partition("\n")[0].rstrip("\r")):
        raise FileRefused(
            f"{path.name} begins with a line for Excel that names the delimiter. Give a sample "
            "without that line; delivered files may have it"
        )
    if is_json(text.encode()):
        raise FileRefused(
            f"{path.name} is JSON. Give a sample with one object in each line whose name ends with "
            ".jsonl; `jq -c '.[]'` makes them of a list"
        )
    delimiter, quote, has_header = _dialect(path, text)
    told: dict[str, Any] = {
        "delimiter": delimiter if len(delimiter) == 1 and delimiter.isascii() else ",",
        # Quotes that quote nothing are text; where there are none, there may be some tomorrow.
        "quote": quote if len(quote) == 1 else None if '"' in text else '"',
        "header": has_header,
        "encoding": encoding,
    }
    format_ = Format.model_validate(told)
    first = _first_record(path, text, format_)
    header = first if has_header else [f"column_{n}" for n in range(1, len(first) + 1)]
    # A trailing delimiter makes a last column without a name.
    named = header[:-1] if header[-1] == "" else header
    _check_names(path, named)
    if len(named) == 1 and any(mark in first[0] for mark in _DELIMITERS):
        raise FileRefused(
            f"{path.name} has rows of different numbers of fields, so its delimiter cannot be "
            "found. Give a sample whose rows are whole"
        )
    contract = _contract(path, named)
    reading = _AsTold("sample", "sample", contract, "files", Dialect(format_, "UTC"), datetime.max)
    blocks = list(reading.read(path))
    frame = pl.concat(block.accepted for block in blocks) if blocks else pl.DataFrame()
    n_left_out = sum(block.n_rejected for block in blocks)
    if not len(frame):
        raise FileRefused(
            f"{path.name} has no row with as many fields as its first line. Give a sample with "
            "rows, and without a title above the header"
        )
    columns = [tuple(frame[f"c{n}"]) if len(frame.columns) else () for n in range(len(named))]
    said = []
    if word := _total_of(columns):
        columns = [values[:-1] for values in columns]
        said.append(_LEFT_OUT.format(word))
    if n_left_out:
        said.append(f"has {n_left_out} rows with more or fewer fields than the others")
    if encoding != "utf-8":
        said.append(f"is written in {encoding}")
    if not has_header:
        said.append("begins with a row, and has no header")
    usual = Format()
    return Sample(
        path,
        tuple(map(SampleColumn, named, columns)),
        len(columns[0]),
        {key: value for key, value in told.items() if value != getattr(usual, key)},
        tuple(said),
    )


def _dialect(path: Path, text: str) -> tuple[str, str, bool]:
    """Delimiter, quote character, and whether there is a header, as DuckDB finds them."""
    with TemporaryDirectory(prefix="salesops-sample-") as folder, duckdb.connect() as connection:
        # Whatever the file is written in, and however its lines end.
        copy = Path(folder) / "sample.csv"
        copy.write_text("\n".join(text.splitlines()) + "\n", encoding="utf-8", newline="\n")
        try:
            found = connection.execute(
                "select Delimiter, Quote, HasHeader from sniff_csv(?, sample_size=-1)", [str(copy)]
            ).fetchone()
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise FileRefused(f"{path.name} cannot be taken apart as a table ({said})") from error
    assert found is not None
    delimiter, quote, has_header = found
    return str(delimiter), str(quote), bool(has_header)


def _check_names(path: Path, header: Sequence[str]) -> None:
    twice = [title for title in header if title and list(header).count(title) > 1]
    if twice:
        raise FileRefused(
            f"{path.name} has {header.count(twice[0])} columns called '{twice[0]}'. Give each a "
            "name of its own, in the export or in the sample"
        )


def _contract(path: Path, header: Sequence[str]) -> ObjectContract:
    columns = tuple(Column(name=f"c{n}", source=title) for n, title in enumerate(header))
    return ObjectContract(
        description="A sample.",
        files=(path.name,),
        columns=columns,
        key=("c0",),
        delivery="full",
        ignore_columns="any",
    )


def _decoded(path: Path) -> tuple[str, str]:
    """The file's encoding and its text."""
    with unpacked(path, Limits()) as stream:
        content = stream.read()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16", content.decode("utf-16")
    try:
        return "utf-8", content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return "cp1252", content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise FileRefused(
            f"{path.name} is written neither in utf-8 nor in cp1252. Export it in utf-8"
        ) from error


def _first_record(path: Path, text: str, format_: Format) -> list[str]:
    if format_.quote:
        records = csv.reader(
            io.StringIO(text, newline=""), delimiter=format_.delimiter, quotechar=format_.quote
        )
    else:
        records = csv.reader(
            io.StringIO(text, newline=""), delimiter=format_.delimiter, quoting=csv.QUOTE_NONE
        )
    names = [name.strip() for name in next(records, [])]
    if not any(names):
        raise FileRefused(f"{path.name} has no column. Give another sample")
    return names


def _typed_sample(path: Path) -> Sample:
    """Rows of a workbook, a Parquet file or JSON lines."""
    rows = _typed_rows(path)
    header = list(dict.fromkeys(title for row in rows for title in row))
    if not header:
        raise FileRefused(f"{path.name} has no rows. Give another sample")
    said = []
    if word := _total_of([[_words(row.get(title)) for row in rows] for title in header]):
        rows.pop()
        said.append(_LEFT_OUT.format(word))
    columns = []
    for title in header:
        values = [row.get(title) for row in rows]
        kind = _kind([value for value in values if value is not None])
        columns.append(SampleColumn(title, tuple(_words(value) for value in values), kind))
    # The ingest has the last word on whether it can read such a file at all.
    contract = ObjectContract(
        description="A sample.",
        files=(path.name,),
        columns=tuple(
            Column(name=f"c{n}", source=column.header, type=column.type or "text")
            for n, column in enumerate(columns)
        ),
        key=("c0",),
        delivery="full",
    )
    list(typed_blocks(path, contract, Format(), Limits()))
    return Sample(path, tuple(columns), len(rows), {}, tuple(said))


def _total_of(columns: Sequence[Sequence[str | None]]) -> str | None:
    """The word for a total in the last row, where that has numbers beside it and nothing else.

    The same a run rejects, as far as that can be told before a column has a type.
    """
    if not columns or len(columns[0]) < 2:
        return None
    last = [values[-1] for values in columns]
    filled = [value for value in last if value]
    words = [value for value in filled if not _NUMBER.fullmatch(value)]
    has_numbers = len(filled) > len(words)
    n_empty = len(last) - len(filled)
    if len(words) == 1 and has_numbers and n_empty >= FEWEST_EMPTY and TOTAL.fullmatch(words[0]):
        return words[0]
    return None


def _typed_rows(path: Path) -> list[dict[str, Any]]:
    name = path.name.removesuffix(".gz")
    try:
        if name.endswith((".parquet", ".xlsx")):
            with opened(path) as file:
                check_container(path, file, PARQUET if name.endswith(".parquet") else WORKBOOK)
        if name.endswith(".parquet"):
            return pl.read_parquet(path).to_dicts()
        if name.endswith(".jsonl"):
            return list(_records(path))
        return _sheet_rows(path)
    except (pl.exceptions.PolarsError, BadZipFile, KeyError, OSError, ValueError) as error:
        raise FileRefused(f"{path.name} cannot be read ({error})") from error


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with unpacked(path, Limits()) as stream:
        lines = stream.read().decode("utf-8-sig").splitlines()
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                record = json.loads(line, parse_float=Decimal)
            except ValueError as error:
                raise FileRefused(no_record(path, number, line, f" ({error})")) from error
            if not isinstance(record, dict):
                raise FileRefused(no_record(path, number, line))
            yield record


def _sheet_rows(path: Path) -> list[dict[str, Any]]:
    sheets = [sheet for sheet in load_workbook(path, data_only=True) if sheet.max_row > 1]
    if len(sheets) != 1:
        raise FileRefused(f"{path.name} has {len(sheets)} sheets with rows. Give one with one")
    rows = [[cell.value for cell in row] for row in sheets[0].iter_rows()]
    header = ["" if value is None else str(value).strip() for value in rows[0]]
    _check_names(path, header)
    return [
        {title: value for title, value in zip(header, row, strict=False) if title}
        for row in rows[1:]
        if any(value is not None for value in row)
    ]


def _kind(values: Sequence[Any]) -> Type | None:
    """The type all values have in the file; None for texts, and for those that differ."""
    if not values:
        return None
    if all(isinstance(value, bool) for value in values):
        return "boolean"
    if all(isinstance(value, datetime) for value in values):
        is_day = all(value.time() == time() and value.tzinfo is None for value in values)
        return "date" if is_day else "timestamp"
    if all(isinstance(value, date) and not isinstance(value, datetime) for value in values):
        return "date"
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer"
    if all(isinstance(value, int | float | Decimal) for value in values):
        return "decimal"
    return None


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value)
