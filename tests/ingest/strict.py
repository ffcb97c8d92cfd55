"""A second reader, slow and strict, written from what a contract says and not from the first one.

Reads a whole file character by character. It accepts a row only where nothing at all is doubtful;
whatever the project's reader accepts must be among these rows, with the same values.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipelines.contracts import Column, Format, ObjectContract

Value = str | int | Decimal | date | datetime | bool | None
Accepted = dict[int, list[tuple[Value, ...]]]
"""Typed rows by the line they begin on; an unpivoted line gives several."""

WORDS = {
    "%Y": r"(?P<Y>[0-9]{4})",
    "%y": r"(?P<y>[0-9]{2})",
    "%m": r"(?P<m>[0-9]{2})",
    "%-m": r"(?P<m>[0-9]{1,2})",
    "%d": r"(?P<d>[0-9]{2})",
    "%-d": r"(?P<d>[0-9]{1,2})",
    "%H": r"(?P<H>[0-9]{2})",
    "%M": r"(?P<M>[0-9]{2})",
    "%S": r"(?P<S>[0-9]{2})",
}


class Doubtful(Exception):  # noqa: N818 - it says what the file is
    """The file as a whole cannot be trusted."""


def strict_rows(path: Path, contract: ObjectContract, format_: Format) -> Accepted:
    """The rows that are beyond doubt.

    Raises:
        Doubtful: the file must not be taken in at all.
    """
    records = _records(_text(path, format_), format_)
    if format_.header:
        try:
            _, header = next(records)
        except StopIteration as error:
            raise Doubtful("empty") from error
        header = [name.strip() for name in header]
        _check_header(header, contract)
    else:
        header = [column.source for column in contract.columns]
    accepted: Accepted = {}
    for line, fields in records:
        if len(fields) != len(header):
            continue
        if "" in header and fields[header.index("")].strip():
            raise Doubtful("a value without a column")
        rows = list(_typed(dict(zip(header, fields, strict=True)), contract, format_))
        kept = [row for row in rows if row is not None]
        if kept:
            accepted[line] = kept
    return accepted


def _text(path: Path, format_: Format) -> str:
    data = path.read_bytes()
    if path.name.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise Doubtful("gzip") from error
    try:
        text = data.decode("utf-8-sig" if format_.encoding == "utf-8" else format_.encoding)
    except UnicodeDecodeError as error:
        raise Doubtful("encoding") from error
    if "\0" in text:
        raise Doubtful("NUL")
    return text


def _records(text: str, format_: Format) -> Iterator[tuple[int, list[str]]]:
    """Records with the physical line each begins on."""
    line = begins = 1
    fields: list[str] = []
    field = ""
    state = "start"
    position = 0
    while position < len(text):
        letter = text[position]
        if state == "quoted":
            if letter == format_.quote:
                state = "closed"
            else:
                field += letter
                line += letter == "\n"
        elif letter == format_.quote and state == "start":
            state = "quoted"
        elif letter == format_.quote and state == "closed":
            field += letter
            state = "quoted"
        elif letter == format_.quote:
            raise Doubtful(f"a quote within a field in line {line}")
        elif letter == format_.delimiter:
            fields.append(field)
            field, state = "", "start"
        elif letter == "\n":
            if state != "closed":
                field = field.removesuffix("\r")
            if fields or field or state == "closed":
                yield begins, [*fields, field]
            fields, field, state = [], "", "start"
            line += 1
            begins = line
        elif state == "closed":
            if not (letter == "\r" and text[position + 1 : position + 2] in ("\n", "")):
                raise Doubtful(f"something behind a closing quote in line {line}")
        else:
            field += letter
            state = "plain"
        position += 1
    if state == "quoted":
        raise Doubtful("a quote that is never closed")
    if fields or field.removesuffix("\r") or state == "closed":
        yield begins, [*fields, field.removesuffix("\r") if state != "closed" else field]


def _check_header(header: list[str], contract: ObjectContract) -> None:
    if len(set(header)) != len(header):
        raise Doubtful("a column twice")
    if contract.unpivot:
        missing = set(contract.unpivot.keep) - set(header)
        known = set(header)
    else:
        missing = {c.source for c in contract.columns if not c.absent_ok} - set(header)
        known = {c.source for c in contract.columns} | set(contract.also)
    if missing:
        raise Doubtful(f"columns missing: {missing}")
    named = header[:-1] if header[-1] == "" else header
    if set(named) - known:
        raise Doubtful(f"columns unknown: {set(named) - known}")


def _typed(
    row: dict[str, str], contract: ObjectContract, format_: Format
) -> Iterator[tuple[Value, ...] | None]:
    unpivot = contract.unpivot
    if unpivot is None:
        yield _row(row, contract, format_)
        return
    for name, value in row.items():
        if name and name not in unpivot.keep:
            kept = {key: row[key] for key in unpivot.keep}
            one = kept | {unpivot.name: name, unpivot.value: value}
            if value.strip() not in (*format_.nulls, *_nulls_of(contract, unpivot.value), ""):
                yield _row(one, contract, format_)


def _nulls_of(contract: ObjectContract, name: str) -> tuple[str, ...]:
    return next(column.nulls for column in contract.columns if column.name == name)


def _row(
    row: dict[str, str], contract: ObjectContract, format_: Format
) -> tuple[Value, ...] | None:
    values: list[Value] = []
    for column in contract.loaded:
        text = row.get(column.source, "").strip()
        if text in (*format_.nulls, *column.nulls, ""):
            if column.required or column.name in contract.key:
                return None
            values.append(None)
            continue
        value = _value(text, column, format_)
        if value is None or not _within(value, column):
            return None
        values.append(value)
    return tuple(values)


def _value(text: str, column: Column, format_: Format) -> Value:
    if column.type == "text":
        return text
    if column.type == "boolean":
        if text in format_.true_tokens:
            return True
        return False if text in format_.false_tokens else None
    if column.type == "integer":
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,19}", text) else None
    if column.type == "decimal":
        return _decimal(text, format_)
    formats = column.formats or (format_.dates if column.type == "date" else format_.timestamps)
    for each in formats:
        moment = _moment(text, each)
        if moment is not None:
            return moment.date() if column.type == "date" else moment
    return None


def _decimal(text: str, format_: Format) -> Decimal | None:
    if format_.decimal_separator == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and re.fullmatch(r"[0-9.eE+-]+", text) else None


def _moment(text: str, format_text: str) -> datetime | None:
    pattern = re.sub(
        r"%-?[a-zA-Z]|[^%]+", lambda part: WORDS.get(part[0], re.escape(part[0])), format_text
    )
    found = re.fullmatch(pattern, text)
    if found is None:
        return None
    part = {name: int(value) for name, value in found.groupdict().items()}
    year = part.get("Y")
    if year is None:
        year = part["y"] + (1900 if part["y"] >= 69 else 2000)
    try:
        return datetime(
            year, part["m"], part["d"], part.get("H", 0), part.get("M", 0), part.get("S", 0)
        )
    except ValueError:
        return None


def _within(value: Value, column: Column) -> bool:
    if column.min is None and column.max is None:
        return True
    low, high = column.min, column.max
    if isinstance(value, datetime):
        value = value.date()
    return (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]
