"""Date and timestamp formats, and the exact text each of them stands for.

Parsers accept more than a format says (`%m` also reads one digit); the pattern accepts nothing
else. A format that does not name one day, and formats of which two read a text each in its own way,
are found here; parsing itself is done by the ingest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from itertools import combinations

_DIGITS = {"%Y": r"\d{4}", "%y": r"\d{2}"} | {f"%{letter}": r"\d{2}" for letter in "mdHIMS"}
_UNPADDED = {f"%-{letter}": r"\d{1,2}" for letter in "mdHI"}
# Times are kept to the microsecond; what is finer would be cut off.
_OTHER = {"%p": "(?:AM|PM)", "%b": "[A-Z][a-z]{2}", "%.f": r"\.\d{1,6}0{0,3}"}
DIRECTIVES = _DIGITS | _UNPADDED | _OTHER
_TOKEN = re.compile(r"%-[a-zA-Z]|%\.f|%.|[^%]+|%")


def exact_pattern(format_text: str) -> str:
    """A regular expression for whole values written in the format.

    Raises:
        ValueError: the format has a directive that is not supported.
    """
    parts = []
    for token in _TOKEN.findall(format_text):
        if not token.startswith("%"):
            parts.append(re.escape(token))
        elif token in DIRECTIVES:
            parts.append(DIRECTIVES[token])
        else:
            known = " ".join(DIRECTIVES)
            raise ValueError(f"format '{format_text}' has '{token}'; supported are {known}")
    return "^" + "".join(parts) + "$"


def check_complete(format_text: str) -> None:
    """A format has to say everything about a moment once, and nothing that needs a guess.

    Raises:
        ValueError: it does not; says what is missing or doubled.
    """
    tokens = [token for token in _TOKEN.findall(format_text) if token.startswith("%")]
    parts = [_PART[token] for token in tokens]
    for part in ("year", "month", "day"):
        if part not in parts:
            raise ValueError(f"format '{format_text}' has no {part}, so it reads no value")
    twice = sorted({part for part in parts if parts.count(part) > 1})
    if twice:
        raise ValueError(f"format '{format_text}' has the {twice[0]} twice")
    for part, needed in _NEEDS.items():
        if part in parts and needed not in parts:
            raise ValueError(f"format '{format_text}' has a {part} without its {needed}")
    if ("%p" in tokens) != bool({"%I", "%-I"} & set(tokens)):
        raise ValueError(
            f"format '{format_text}': an hour of twelve (%I) and %p say the time only together"
        )
    if re.search(r"%-[a-zA-Z]%-?[YymdHIMS]", format_text):
        raise ValueError(
            f"format '{format_text}' has a number of one or two digits beside another, so that a "
            "text can be cut in two ways"
        )


@cache
def two_readings(formats: tuple[str, ...], *, is_date: bool) -> tuple[str, str, str] | None:
    """Two formats and a text that each of them reads as another moment; None where there is none.

    Every format writes a few moments whose day, month, short year, hour, minute and second could be
    taken for each other.
    """
    for one, other in combinations(dict.fromkeys(formats), 2):
        for text in (*_written(one), *_written(other)):
            first, second = moment_of(text, one), moment_of(text, other)
            if first is None or second is None:
                continue
            if first.date() != second.date() or (first != second and not is_date):
                return one, other, text
    return None


_PART = {
    "%Y": "year", "%y": "year", "%m": "month", "%-m": "month", "%b": "month", "%d": "day",
    "%-d": "day", "%H": "hour", "%-H": "hour", "%I": "hour", "%-I": "hour", "%M": "minute",
    "%S": "second", "%.f": "fraction", "%p": "half of the day",
}  # fmt: skip
_NEEDS = {"minute": "hour", "second": "minute", "fraction": "second"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MOMENTS = (
    datetime(2001, 2, 3, 4, 5, 6, 700_000),
    datetime(2010, 11, 12, 10, 9, 8, 700_000),
    datetime(2012, 1, 11, 1, 10, 12, 100_000),
    datetime(2007, 12, 10, 23, 11, 9, 100_000),
)


def _written(format_text: str) -> Iterator[str]:
    for moment in _MOMENTS:
        for pad in ("", "0"):
            words = {
                "%Y": f"{moment:%Y}",
                "%b": _MONTHS[moment.month - 1],
                "%p": f"{moment:%p}",
                "%.f": f".{moment.microsecond:06d}",
            } | {token: f"{moment:{token}}" for token in _DIGITS if token != "%Y"}
            words |= {
                f"%-{letter}": f"{int(f'{moment:%{letter}}'):{pad}{2 if pad else ''}d}"
                for letter in "mdHI"
            }  # fmt: skip
            yield "".join(words.get(token, token) for token in _TOKEN.findall(format_text))


def moment_of(text: str, format_text: str) -> datetime | None:
    """What the format makes of a text; None where it is not written so."""
    found = _parts(format_text).fullmatch(text)
    if found is None:
        return None
    part = found.groupdict()
    if part.get("b", "Jan") not in _MONTHS:
        return None
    year = int(part["Y"]) if "Y" in part else 2000 + int(part["y"])
    month = _MONTHS.index(part["b"]) + 1 if "b" in part else int(part["m"])
    hour = int(part.get("H", 0))
    if "I" in part:
        hour = int(part["I"]) % 12 + (12 if part["p"] == "PM" else 0)
    fraction = int(part.get("f", ".0")[1:7].ljust(6, "0"))
    try:
        return datetime(
            year,
            month,
            int(part["d"]),
            hour,
            int(part.get("M", 0)),
            int(part.get("S", 0)),
            fraction,
        )
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _parts(format_text: str) -> re.Pattern[str]:
    return re.compile(
        "".join(
            f"(?P<{_NAME[token]}>{DIRECTIVES[token]})" if token in DIRECTIVES else re.escape(token)
            for token in _TOKEN.findall(format_text)
        ),
        re.ASCII,
    )


_NAME = {token: token[-1] for token in DIRECTIVES}


def has_time(format_text: str) -> bool:
    """Does the format have a time of day, so that it can be read as a timestamp as it is?"""
    return any(directive in format_text for directive in ("%H", "%I", "%-H", "%-I"))
