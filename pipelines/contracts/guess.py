"""What the values of one column of a sample look like: type, formats, personal data.

A type is guessed only where every value keeps to it by the rules a contract has; what is left is
text. Every guess is a sentence for a person to confirm; that a column is text is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pipelines.contracts.formats import has_time, moment_of, two_readings
from pipelines.contracts.model import LARGEST_PRECISION, Type

_DATES = (
    *("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%-m/%-d/%Y", "%-d/%-m/%Y", "%d.%m.%Y", "%-d.%-m.%Y"),
    *("%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%-d-%b-%Y", "%d %b %Y", "%-d %b %Y"),
    *("%b %d, %Y", "%b %-d, %Y", "%m/%d/%y", "%d/%m/%y", "%-m/%-d/%y", "%-d/%-m/%y", "%d.%m.%y"),
    *("%Y%m%d", "%Y-%d-%m"),
)
"""The one that is tried first is the one that is taken where several read all values."""
_TIMES = tuple(
    f"{time}{zone}"
    for time in (
        *("%H:%M:%S", "%H:%M:%S%.f", "%H:%M", "%-H:%M:%S", "%-H:%M:%S%.f", "%-H:%M"),
        *("%I:%M:%S %p", "%-I:%M:%S %p", "%I:%M %p", "%-I:%M %p"),
    )
    for zone in ("", "Z", "+00:00", "+0000", " UTC")
)
_MOST_FORMATS = 3
_SPLIT = re.compile(r"(.+?)([T ])(\d{1,2}:\d\d.*)")
_TRUTHS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"))
_NOTHING = {"null", "none", "n/a", "na", "nan", "nil", "-", "\\n", "#n/a"}
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d+|\d+)", re.ASCII)
_GROUPED = {
    ",": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?", re.ASCII),
    ".": re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?", re.ASCII),
}
"""Numbers with thousands, by what stands between them."""
_ADDRESS = re.compile(r"[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"\+?[\d\s().\-/]{7,20}(\s*(x|ext\.?)\s*\d+)?", re.I)
_IS_PHONE = re.compile(r"(^|_)(phone|mobile|fax|tel|telephone|cell)(_|$)")
_IS_IDENTIFIER = re.compile(r"(^|_)(id|key|code|number|no|nr|zip|postcode|postal_code|sku)$")
_IS_AMOUNT = re.compile(
    r"(^|_)(amount|price|cost|total|subtotal|value|tax|fee|balance|revenue|spend|rate|pct|percent|"
    r"discount|quota)(_|$)"
)
_IS_DAY = re.compile(r"(^|_)(date|day|on|at|time)(_|$)")


@dataclass(frozen=True)
class SampleColumn:
    """A column of a sample."""

    header: str
    values: tuple[str | None, ...]
    """Texts without white space around them; None where there is nothing."""
    type: Type | None = None
    """What a file with types of its own says it is; None where it is text there."""


@dataclass
class Guess:
    """A column as the contract would have it, and what a person has to confirm of it."""

    type: Type = "text"
    rules: dict[str, Any] = field(default_factory=dict)
    """Further keys of the column."""
    said: list[str] = field(default_factory=list)
    """Sentences to follow `<object>.<column> `."""
    truths: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Words for true and false."""
    thousands: str = ""
    """What stands between the thousands."""
    has_comma: bool = False
    """Decimal places follow a comma."""
    has_local_times: bool = False
    """Times do not say in which zone they are."""


def guess(name: str, column: SampleColumn) -> Guess:
    """What a column of this name and with these values is."""
    values = list(dict.fromkeys(value for value in column.values if value is not None))
    if not values:
        return Guess()
    nothing = [value for value in values if value.lower() in _NOTHING]
    rest = [value for value in values if value not in nothing]
    n_rows = sum(value is not None for value in column.values)
    found = _typed(name, column, rest, n_rows) if rest else None
    if found is None:
        found = _text(name, values)
    elif nothing and found.type != "text":
        found.rules["nulls"] = nothing
        found.said.append(f"holds nothing where it says {_quoted(nothing)}")
    return found


def _typed(name: str, column: SampleColumn, values: list[str], n_rows: int) -> Guess | None:
    if column.type in ("date", "timestamp", "boolean"):
        article = "truth values" if column.type == "boolean" else f"{column.type}s"
        return Guess(column.type, said=[f"holds {article}"])
    return (
        _personal(name, values)
        or _truth(values)
        or _dated(name, values, n_rows)
        or _number(name, column, values)
    )


def _text(name: str, values: list[str]) -> Guess:
    return _personal(name, values) or Guess()


def _personal(name: str, values: list[str]) -> Guess | None:
    for pattern, what, is_meant in (
        (_ADDRESS, "e-mail addresses", True),
        (_PHONE, "phone numbers", _IS_PHONE.search(name) or _all(_dialled, values)),
    ):
        n_like = sum(pattern.fullmatch(value) is not None for value in values)
        if is_meant and 2 * n_like >= len(values) and not _days(values):
            said = [f"holds {what}: personal data, kept as a hash"]
            return Guess(rules={"personal": "hash"}, said=said)
    return None


def _dialled(value: str) -> bool:
    """Written as no other number is: with a country's or an area's code before it."""
    return value.startswith(("+", "(")) and len(re.sub(r"\D", "", value)) >= 7


def _truth(values: list[str]) -> Guess | None:
    lowered = {value.lower() for value in values}
    for true, false in _TRUTHS:
        if lowered == {true, false} or (true == "true" and lowered <= {true, false}):
            words = (
                tuple(value for value in values if value.lower() == true),
                tuple(value for value in values if value.lower() == false),
            )
            return Guess(
                "boolean", said=[f"is true or false, written {_quoted(values)}"], truths=words
            )
    return None


def _number(name: str, column: SampleColumn, values: list[str]) -> Guess | None:
    is_typed = column.type is not None
    if _all(_INTEGER.fullmatch, values) and column.type != "decimal":
        if _IS_IDENTIFIER.search(name):
            return Guess(said=["is text, although all values are numbers: an identifier"])
        if not is_typed and any(re.match(r"[+-]?0\d", value) for value in values):
            return Guess(said=["is text, although all values are numbers: some begin with 0"])
        if not _IS_AMOUNT.search(name):
            return Guess("integer", said=["is a whole number"])
        return Guess("decimal", said=["is a decimal, although all values are whole numbers"])
    if _all(_DECIMAL.fullmatch, values):
        return _decimal(values, has_comma=False)
    if _all(_DECIMAL_COMMA.fullmatch, values) and not is_typed:
        return _decimal([value.replace(",", ".") for value in values], has_comma=True)
    return None if is_typed else _grouped(values)


def _grouped(values: list[str]) -> Guess | None:
    """Numbers with thousands; `1,234` alone could have three decimal places as well."""
    for between, pattern in _GROUPED.items():
        is_sure = any(value.count(between) > 1 or {".", ","} <= set(value) for value in values)
        if is_sure and _all(pattern.fullmatch, values):
            plain = [value.replace(between, "").replace(",", ".") for value in values]
            found = _decimal(plain, has_comma=between == ".")
            if found is not None:
                found.thousands = between
                found.said = [f"is a decimal, with '{between}' between its thousands"]
            return found
    return None


def _decimal(values: list[str], *, has_comma: bool) -> Guess | None:
    numbers = [Decimal(value).normalize().as_tuple() for value in values]
    exponents = [number.exponent for number in numbers if isinstance(number.exponent, int)]
    scale = max(4, *(-exponent for exponent in exponents))
    whole = max(len(n.digits) + e for n, e in zip(numbers, exponents, strict=True))
    precision = max(18, whole + scale)
    if precision > LARGEST_PRECISION:
        return None
    rules: dict[str, Any] = {} if precision == 18 else {"precision": precision}
    rules |= {} if scale == 4 else {"scale": scale}
    said = "is a decimal, with a comma before its places" if has_comma else "is a decimal"
    return Guess("decimal", rules, [said], has_comma=has_comma)


def _dated(name: str, values: list[str], n_rows: int) -> Guess | None:
    if _all(str.isdigit, values) and not _IS_DAY.search(name):
        return None
    groups = _days(values)
    if not groups:
        return None
    is_date = not any(has_time(each) for group in groups for each in group)
    chosen: list[str] = []
    for group in groups:
        fitting = [one for one in group if not two_readings((*chosen, one), is_date=is_date)]
        if not fitting:
            return None
        chosen.append(fitting[0])
    kind: Type = "date" if is_date else "timestamp"
    readings = {tuple(moment_of(value, each) for value in values): each for each in groups[0][::-1]}
    others = [each for each in readings.values() if each != chosen[0]]
    all_rows = f"all {n_rows:,} rows" if n_rows > 1 else "the one row"
    said = f"is written {' or '.join(chosen)} in {all_rows}"
    if len(groups) == 1 and others:
        said += f", and could be {' or '.join(others[:2])} as well"
    has_zone = all(re.search(r"(Z|\+00:?00|UTC)$", each) for each in chosen)
    return Guess(
        kind, {"formats": chosen}, [said], has_local_times=kind == "timestamp" and not has_zone
    )


def _days(values: Sequence[str]) -> list[list[str]]:
    """Formats that read the values: for each way they are written in, the preferred one first."""
    groups: list[list[str]] = []
    for value in values:
        for place, group in enumerate(groups):
            if kept := [each for each in group if moment_of(value, each)]:
                groups[place] = kept
                break
        else:
            found = list(_formats_of(value))
            if not found or len(groups) == _MOST_FORMATS:
                return []
            groups.append(found)
    return groups


def _formats_of(value: str) -> Iterable[str]:
    split = _SPLIT.fullmatch(value)
    if split is None:
        yield from (each for each in _DATES if moment_of(value, each))
        return
    day, between, time = split.groups()
    times = [each for each in _TIMES if moment_of(f"2001-02-03 {time}", f"%Y-%m-%d {each}")]
    for each in _DATES:
        if times and moment_of(day, each):
            yield from (f"{each}{between}{one}" for one in times)


def _all(test: Any, values: Iterable[str]) -> bool:
    return all(test(value) for value in values)


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
