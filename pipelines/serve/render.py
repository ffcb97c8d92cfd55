"""Show a query result as text that other programs read: CSV and JSON.

Decimals are written digit by digit and never pass through a float.
"""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from pipelines.serve.reader import QueryResult

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(result: QueryResult, *, exact: bool = False) -> str:
    """CSV with a header; NULL and empty text are both an empty field.

    Text that a spreadsheet would run as a formula gets an apostrophe before it, since a deal's
    name is written by anybody; numbers stay numbers. `exact` leaves every text as it is.
    """
    shown = _cell if exact else _defused
    return "".join(_line([shown(value) for value in row]) for row in (result.columns, *result.rows))


def _line(cells: list[str]) -> str:
    """The writer quotes a carriage return only where one ends its lines; readers break there."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"


def as_json(result: QueryResult) -> str:
    """A list with one object per row; numbers as numbers, days and times in ISO 8601."""
    lines = [
        "{"
        + ", ".join(
            f"{json.dumps(name, ensure_ascii=False)}: {_json(value)}"
            for name, value in zip(names, row, strict=True)
        )
        + "}"
        for names in [_distinct(result.columns)]
        for row in result.rows
    ]
    return "[" + ",\n ".join(lines) + "]"


def as_rows(result: QueryResult) -> list[dict[str, Any]]:
    """One mapping per row, with the engine's own values."""
    names = _distinct(result.columns)
    return [dict(zip(names, row, strict=True)) for row in result.rows]


def _distinct(columns: tuple[str, ...]) -> list[str]:
    """Column names as keys: a second `x` becomes `x_2`, since an object holds a key once."""
    seen: list[str] = []
    for name in columns:
        key, n = name, 1
        while key in seen:
            n += 1
            key = f"{name}_{n}"
        seen.append(key)
    return seen


def _defused(value: Any) -> str:
    if isinstance(value, str) and value.startswith(FORMULA_BEGINS):
        return f"'{value}"
    return _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict | tuple):
        return _json(value)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _json(value: Any) -> str:
    """JSON by hand only for what the standard library would spoil or refuse."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_json(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(k), ensure_ascii=False)}: {_json(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    if value is None or isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "null"
    return json.dumps(_plain(value), ensure_ascii=False)
