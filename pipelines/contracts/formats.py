"""Date and timestamp formats, and the exact text each of them stands for.

Parsers accept more than a format says (`%m` also reads one digit); the pattern accepts nothing
else. Parsing itself is done by the ingest.
"""

from __future__ import annotations

import re

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


def has_time(format_text: str) -> bool:
    """Does the format have a time of day, so that it can be read as a timestamp as it is?"""
    return any(directive in format_text for directive in ("%H", "%I", "%-H", "%-I"))
