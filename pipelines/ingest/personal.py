"""Personal data by what it looks like, whatever column it stands in.

A contract says which columns hold personal data (`personal: hash`, `drop`). Exports get re-ordered,
and people write addresses into names, so that every other text is looked at as well: an e-mail
address or a telephone number is stored, shown and logged as a mask only. The mask of a whole value
tells equal ones from different ones, so that keys still match.
"""

from __future__ import annotations

import polars as pl

MASKED = "(personal data)"
PERSONAL = (
    # An address, as it is or with another sign for its @; a number with its country code; a number
    # in the North American way.
    r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"
    r"|[\p{L}\p{N}._+-]+(?:%40| ?[(\[][aA][tT][)\]] ?)"
    r"[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}"
    r"|\+\d[\d ().\-/]{6,}\d"
    r"|\(\d{3}\) ?\d{3}[-. ]\d{4}"
)
"""Understood by RE2 (DuckDB) and Rust (Polars) alike. Digits alone are no telephone number here:
ids and amounts look the same."""
_SIGNS = ("@", "+", "(", "%40", "[")
"""One of them is in whatever matches; asking for them is cheaper than the expression."""


def masked(text: pl.Expr) -> pl.Expr:
    """A text with its personal data masked, for messages."""
    return text.str.replace_all(PERSONAL, MASKED)


def masked_text(text: str) -> str:
    """A message with the personal data in it masked."""
    return str(pl.select(masked(pl.lit(text))).item())


def suspicious(rows: pl.DataFrame) -> frozenset[str]:
    """Names of the text columns in which something may be personal data: few, mostly none.

    Whoever stores the rows asks first, as the expression alone takes longer to compile, for every
    column of every statement, than a small file to read.
    """
    texts = rows.select(pl.col(pl.String).str.contains_any(list(_SIGNS)).any())
    return frozenset(name for name in texts.columns if texts.item(0, name))


def masked_sql(text: str, *, whole: bool = False) -> str:
    """SQL of a text as it is stored.

    Args:
        whole: a text with personal data anywhere in it becomes one mask, as keys have to: two that
            differ only there stay different.
    """
    suspicious = " or ".join(f"contains({text}, '{sign}')" for sign in _SIGNS)
    one_mask = f"'(personal data ' || left(sha256(lower(trim({text}))), 16) || ')'"
    is_whole = "regexp_matches" if whole else "regexp_full_match"
    return (
        f"case when {text} is null or not ({suspicious}) then {text} "
        f"when {is_whole}({text}, '{PERSONAL}') then {one_mask} "
        f"else regexp_replace({text}, '{PERSONAL}', '{MASKED}', 'g') end"
    )
