"""From text to typed columns by the contract, with a rule broken for every value that is not so.

Works on whole columns; knows neither files nor tables. Nothing is guessed: a value must be
written exactly as declared. White space around a value is not part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from pipelines.contracts import Column, Format
from pipelines.contracts.formats import exact_pattern, has_time

INTEGER = r"^[+-]?\d{1,19}$"
DECIMAL = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
LONGEST_TEXT_BYTES = 1_000_000
SHOWN_CHARACTERS = 200
MASKED = "(personal data)"

REJECTS = {"_line": pl.Int64, "column": pl.String, "rule": pl.String, "value": pl.String}


@dataclass(frozen=True)
class Rule:
    """A promise about one column; `broken` is asked of texts and typed values side by side."""

    name: str
    column: Column
    broken: pl.Expr


@dataclass(frozen=True)
class Dialect:
    """How values are written, and where naive times belong."""

    format: Format
    time_zone: str
    """The IANA zone of timestamps in the file."""


def clean(column: Column, format_: Format) -> pl.Expr:
    """The column's text without white space around it, null where it means nothing."""
    text = pl.col(column.source).str.strip_chars()
    nulls = [*format_.nulls, *column.nulls, ""]
    return pl.when(text.is_in(nulls)).then(None).otherwise(text).alias(column.name)


def typed(column: Column, dialect: Dialect) -> pl.Expr:
    """The value of the cleaned text; null where it is not written as declared."""
    text, format_ = pl.col(column.name), dialect.format
    if column.type == "text":
        return text
    if column.type == "boolean":
        true, false = text.is_in(format_.true_tokens), text.is_in(format_.false_tokens)
        return pl.when(true).then(True).when(false).then(False).otherwise(None)
    if column.type == "date":
        return _first_match(text, column.formats or format_.dates, _to_date)
    if column.type == "timestamp":
        moment = _first_match(text, column.formats or format_.timestamps, _to_timestamp)
        return _as_utc(moment, dialect.time_zone)
    if column.type == "integer":
        return _where_exact(text, INTEGER, text.cast(pl.Int64, strict=False))
    if format_.decimal_separator != ".":
        # A point is then no separator; what has one is no number of this file.
        text = text.str.replace_all(".", "?", literal=True).str.replace(",", ".", literal=True)
    number = text.cast(pl.Decimal(column.precision, column.scale), strict=False)
    return _where_exact(text, DECIMAL, number)


def rules(column: Column, recorded_before: datetime | None) -> list[Rule]:
    """The promises about a column, for a frame with texts `x` and typed values `=x`.

    `recorded_before` is given for the columns that say when a row was recorded.
    """
    text, value = pl.col(column.name), pl.col(f"={column.name}")
    found = []
    if column.required:
        found.append(Rule("required", column, text.is_null()))
    if column.type == "text":
        too_long = text.str.len_bytes() > LONGEST_TEXT_BYTES
        found.append(Rule("text_too_long", column, too_long.fill_null(False)))
    else:
        found.append(Rule(f"bad_{column.type}", column, text.is_not_null() & value.is_null()))
    outside = _outside(column, value)
    if outside is not None:
        found.append(Rule("out_of_range", column, outside.fill_null(False)))
    if recorded_before is not None:
        late = (value > pl.lit(recorded_before)).fill_null(False)
        found.append(Rule("recorded_after_cut", column, late))
    return found


def apply(
    texts: pl.DataFrame, columns: Sequence[Column], checks: Sequence[Rule], dialect: Dialect
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Type cleaned texts (with `_line`): the rows that keep all rules, and what was broken."""
    values = texts.select(typed(column, dialect).alias(f"={column.name}") for column in columns)
    both = pl.concat([texts, values], how="horizontal")
    masks = both.select(rule.broken.alias(str(n)) for n, rule in enumerate(checks))
    hit = [n for n, broken in enumerate(masks.sum().row(0)) if broken] if checks else []
    accepted = both.select(
        "_line", *(pl.col(f"={column.name}").alias(column.name) for column in columns)
    )
    if not hit:
        return accepted, pl.DataFrame(schema=REJECTS)
    rejects = pl.concat([_rejects(texts, masks[str(n)], checks[n]) for n in hit])
    is_bad = masks.select(pl.any_horizontal(str(n) for n in hit)).to_series()
    return accepted.filter(~is_bad), rejects


def _rejects(texts: pl.DataFrame, broken: pl.Series, rule: Rule) -> pl.DataFrame:
    shown = pl.col(rule.column.name).str.slice(0, SHOWN_CHARACTERS)
    if rule.column.personal:
        shown = pl.when(shown.is_not_null()).then(pl.lit(MASKED))
    return texts.filter(broken).select(
        "_line",
        column=pl.lit(rule.column.source),
        rule=pl.lit(rule.name),
        value=shown,
    )


def _outside(column: Column, value: pl.Expr) -> pl.Expr | None:
    if column.type == "decimal":
        value = value.cast(pl.Float64)
    sides = []
    if column.min is not None:
        sides.append(value < pl.lit(_bound(column, column.min)))
    if column.max is not None:
        sides.append(value > pl.lit(_bound(column, column.max)))
    return pl.any_horizontal(sides) if sides else None


def _bound(column: Column, bound: date | float) -> date | float:
    if column.type == "timestamp" and isinstance(bound, date):
        return datetime(bound.year, bound.month, bound.day)
    return bound


def _first_match(
    text: pl.Expr, formats: Sequence[str], parse: Callable[[pl.Expr, str], pl.Expr]
) -> pl.Expr:
    return pl.coalesce(
        _where_exact(text, exact_pattern(each), parse(text, each)) for each in formats
    )


def _where_exact(text: pl.Expr, pattern: str, value: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(value)


def _to_date(text: pl.Expr, format_text: str) -> pl.Expr:
    return _century(text.str.to_date(format_text, strict=False, exact=True), format_text)


def _to_timestamp(text: pl.Expr, format_text: str) -> pl.Expr:
    if not has_time(format_text):
        return _to_date(text, format_text).cast(pl.Datetime("us"))
    moment = text.str.to_datetime(format_text, time_unit="us", strict=False, exact=True)
    return _century(moment, format_text)


def _century(moment: pl.Expr, format_text: str) -> pl.Expr:
    """Two-digit years as POSIX has them: 69 to 99 are 19xx, 00 to 68 are 20xx."""
    if "%y" not in format_text:
        return moment
    return pl.when(moment.dt.year() >= 2069).then(moment.dt.offset_by("-100y")).otherwise(moment)


def _as_utc(moment: pl.Expr, time_zone: str) -> pl.Expr:
    """An hour that happened twice is taken as its first time; one that never was is null."""
    if time_zone == "UTC":
        return moment
    local = moment.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
