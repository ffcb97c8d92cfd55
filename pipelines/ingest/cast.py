"""From text to typed columns by the contract, with a rule broken for every value that is not so.

Works on whole columns; knows neither files nor tables. Nothing is guessed: a value must be
written exactly as declared. White space around a value is not part of it.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from pipelines.contracts import Column, Format
from pipelines.contracts.formats import exact_pattern, has_time
from pipelines.ingest.personal import MASKED, masked

INTEGER = r"^[+-]?\d{1,19}$"
DECIMAL = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
DOUBLE_DIGITS = 15
"""Digits of a decimal number that a binary one of 64 bits keeps."""
NOISY_DIGITS = (16, 17)
"""Digits with which programs write a binary number so that it can be read back; the last ones are
noise where it stands for a decimal one, as 20565.620599999998 does for 20565.6206."""
TYPED_DATE = "%Y-%m-%d (date)"
TYPED_TIME = "%Y-%m-%d %H:%M:%S%.f (time)"
TYPED_MOMENT = "%Y-%m-%d %H:%M:%S%.f (UTC)"
"""How the dates and times of a file with types of its own are handed on: no format of a contract
could garble them. A `time` belongs to the zone of the dialect."""
LONGEST_TEXT_BYTES = 1_000_000
SHOWN_CHARACTERS = 200

REJECTS = {"_line": pl.Int64, "column": pl.String, "rule": pl.String, "value": pl.String}


@dataclass(frozen=True)
class Rule:
    """A promise about one column; `broken` is asked of texts and typed values side by side."""

    name: str
    column: Column
    broken: pl.Expr
    too_precise: Callable[[str], bool] | None = None
    """Is a value that breaks it only more precise than what is kept?"""


@dataclass(frozen=True)
class Dialect:
    """How values are written, and where naive times belong."""

    format: Format
    time_zone: str
    """The IANA zone of timestamps in the file."""
    is_typed: bool = False
    """Dates and times come from a file with types of its own."""


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
        dates = column.formats or format_.dates
        return _first_match(text, [*dates, *([TYPED_DATE] * dialect.is_typed)], _to_date)
    if column.type == "timestamp":
        return _moment(text, column.formats or format_.timestamps, dialect)
    if format_.thousands_separator:
        text = _ungrouped(text, format_)
    if column.type == "integer":
        return _where_exact(text, INTEGER, text.cast(pl.Int64, strict=False))
    if format_.decimal_separator != ".":
        # A point is then no separator; what has one is no number of this file.
        text = text.str.replace_all(".", "?", literal=True).str.replace(",", ".", literal=True)
    return _decimal(text, column)


def _ungrouped(text: pl.Expr, format_: Format) -> pl.Expr:
    """Numbers without the character between their thousands; one that is elsewhere too stays."""
    between = re.escape(str(format_.thousands_separator))
    places = re.escape(format_.decimal_separator)
    is_grouped = text.str.contains(rf"^[+-]?\d{{1,3}}(?:{between}\d{{3}})+(?:{places}\d*)?$")
    plain = text.str.replace_all(str(format_.thousands_separator), "", literal=True)
    return pl.when(is_grouped).then(plain).otherwise(text)


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
        unread = text.is_not_null() & value.is_null()
        found.append(Rule(f"bad_{column.type}", column, unread, _too_precise(column)))
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
    value = pl.col(rule.column.name)
    # Masked before it is cut: half an address is still one.
    shown = masked(value).str.slice(0, SHOWN_CHARACTERS)
    if rule.column.personal:
        shown = pl.when(value.is_not_null()).then(pl.lit(MASKED))
    bad = texts.filter(broken)
    fine = [bool(rule.too_precise and rule.too_precise(text)) for text in bad[rule.column.name]]
    return bad.select(
        "_line",
        column=pl.lit(rule.column.source),
        rule=pl.when(pl.Series(fine, dtype=pl.Boolean))
        .then(pl.lit("too_precise"))
        .otherwise(pl.lit(rule.name)),
        value=shown,
    )


def _too_precise(column: Column) -> Callable[[str], bool] | None:
    if column.type == "timestamp":
        return lambda text: re.search(r":\d\d\.\d{7,9}(?!\d)", text) is not None
    if column.type != "decimal":
        return None

    def is_finer(text: str) -> bool:
        number = text.replace(",", ".")
        rounded = _rounded(number, column)
        return rounded is not None and rounded != Decimal(number)

    return is_finer


def _decimal(text: pl.Expr, column: Column) -> pl.Expr:
    """The number, where the column keeps every digit of it: nothing is rounded silently."""
    tail = rf"\d{{1,{column.scale}}}0*" if column.scale else "0+"
    is_plain = text.str.contains(rf"^[+-]?(\d+\.?|\d*\.{tail})$")
    kind = pl.Decimal(column.precision, column.scale)

    def others(texts: pl.Series) -> pl.Series:
        if texts.null_count() == len(texts):
            return pl.Series([None], dtype=kind).new_from_index(0, len(texts))
        kept = [None if each is None else _kept(each, column) for each in texts]
        return pl.Series(kept, dtype=kind)

    # Few numbers are written with an exponent, or with more digits than are kept.
    rest = pl.when(~is_plain).then(text).map_batches(others, kind, is_elementwise=True)
    return pl.coalesce(pl.when(is_plain).then(text.cast(kind, strict=False)), rest)


def _kept(text: str, column: Column) -> Decimal | None:
    """The number as the column keeps it; None where that is another one."""
    rounded = _rounded(text, column)
    number = Decimal(text) if rounded is not None else None
    if rounded is None or number is None or rounded == number:
        return rounded
    is_noisy = len(number.as_tuple().digits) in NOISY_DIGITS
    return rounded if is_noisy and decimal.Context(DOUBLE_DIGITS).plus(number) == rounded else None


def _rounded(text: str, column: Column) -> Decimal | None:
    """The number with the column's decimal places; None where it is none, or too large."""
    if re.fullmatch(DECIMAL, text, re.ASCII) is None:
        return None
    try:
        context = decimal.Context(column.precision, traps=[decimal.InvalidOperation])
        return Decimal(text).quantize(Decimal(1).scaleb(-column.scale), context=context)
    except decimal.InvalidOperation:
        return None


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


def _moment(text: pl.Expr, formats: Sequence[str], dialect: Dialect) -> pl.Expr:
    if not dialect.is_typed:
        return _as_utc(_first_match(text, formats, _to_timestamp), dialect.time_zone)
    # A day stands for its midnight where the contract reads one as a time.
    days = [] if all(has_time(each) for each in formats) else [TYPED_DATE]
    local = _first_match(text, [*formats, TYPED_TIME, *days], _to_timestamp)
    moment = _first_match(text, [TYPED_MOMENT], _to_timestamp)
    return pl.coalesce(moment, _as_utc(local, dialect.time_zone))


def _as_utc(moment: pl.Expr, time_zone: str) -> pl.Expr:
    """An hour that happened twice is taken as its first time; one that never was is null."""
    if time_zone == "UTC":
        return moment
    local = moment.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
