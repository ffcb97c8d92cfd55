"""The cells of a workbook in words: what a person sees in them, and what Excel has not kept.

Excel keeps 15 digits of a number, shows a number by the cell's format, and turns entries such as
`1-2` into dates. In a column of texts what is seen counts; where that, or the value itself, is in
doubt, the cell is refused. Opening workbooks is done in `typed_files`.
"""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Any

from pipelines.contracts import Column

DIGITS = 15
"""Digits of a number that Excel keeps and shows."""
AS_TEXT = "Format the column as text in the workbook, enter the values again and save it"
_LITERAL = re.compile(
    r'"([^"]*)"|\\(.)|\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow)\]', re.I
)


class DoubtfulCellError(Exception):
    """It is not clear what a cell stands for; says why, and what to do."""


def cell_value(value: Any, number_format: str, column: Column) -> Any:
    """The value of a cell, as a column of its type has to take it.

    Raises:
        DoubtfulCellError: Excel may have changed it, or shows it in a way that has no one meaning.
    """
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE") if column.type == "text" else value
    if isinstance(value, date | time) and column.type == "text":
        raise DoubtfulCellError(
            "holds a date or a time in a column of texts, which Excel makes of entries such as "
            f"1-2. {AS_TEXT}"
        )
    if isinstance(value, int | float):
        return _number(value, number_format, column)
    return value


def _number(value: float, number_format: str, column: Column) -> str | Decimal:
    number = Decimal(format(value, f".{DIGITS}g") if isinstance(value, float) else value)
    if abs(number) >= 10**DIGITS:
        raise DoubtfulCellError(
            f"holds a number of more than {DIGITS} digits, of which Excel keeps {DIGITS}. {AS_TEXT}"
        )
    if column.type == "text":
        return _seen(number, number_format)
    if "%" in _LITERAL.sub("", number_format):
        return _percentage(number, column)
    return number


def _percentage(number: Decimal, column: Column) -> Decimal:
    """A cell that shows 50% holds 0.5; which of the two is meant, only the contract can say."""
    if column.unit == "fraction":
        return number
    if column.unit == "percent":
        return number * 100
    raise DoubtfulCellError(
        f"shows {(number * 100).normalize():f}% and holds {number:f}; say which is meant by "
        f"`unit: percent` or `unit: fraction` of column {column.name} in the contract"
    )


def _seen(number: Decimal, number_format: str) -> str:
    """The number as the cell shows it, where the format adds no more than zeros and letters."""
    plain = f"{number:f}"
    if number_format in ("General", "@", ""):
        return plain
    places = _placeholders(number_format)
    if places is None or number < 0 or number != number.to_integral_value():
        raise _unclear(plain, number_format)
    n_places = sum(is_place for _, is_place in places)
    digits = plain.rjust(n_places)
    n_extra = len(digits) - n_places
    shown = ""
    for text, is_place in places:
        if not is_place:
            shown += text
            continue
        # Digits for which the format has no place stand before its first one.
        taken, digits = digits[: n_extra + 1], digits[n_extra + 1 :]
        n_extra = 0
        shown += taken.replace(" ", "0") if text == "0" else taken.replace(" ", "")
    return shown


def _placeholders(number_format: str) -> list[tuple[str, bool]] | None:
    """The format letter by letter, and whether a digit goes there; None where it does more."""
    places: list[tuple[str, bool]] = []
    position = 0
    while position < len(number_format):
        literal = _LITERAL.match(number_format, position)
        if literal:
            places += [(letter, False) for letter in (literal[1] or literal[2] or "")]
            position = literal.end()
            continue
        letter = number_format[position]
        if letter in "0#":
            places.append((letter, True))
        elif letter in " -()/:+":
            places.append((letter, False))
        else:
            return None
        position += 1
    return places if any(is_place for _, is_place in places) else None


def _unclear(plain: str, number_format: str) -> DoubtfulCellError:
    return DoubtfulCellError(
        f"holds the number {plain} in a column of texts and shows it by the format "
        f"'{number_format}'. {AS_TEXT}"
    )
