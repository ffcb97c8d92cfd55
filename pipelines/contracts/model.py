"""What a contract may say about a source system: its file formats, objects and columns.

The contract is the single place where types, date formats and null markers are stated; nothing is
guessed from data. Reading files along a contract happens in the ingest.
"""

from __future__ import annotations

import codecs
import re
from datetime import date
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.contracts.formats import check_complete, exact_pattern, two_readings

Type = Literal["text", "integer", "decimal", "date", "timestamp", "boolean"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
SQL_TYPES: dict[Type, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


def _known_directives(format_text: str) -> str:
    exact_pattern(format_text)
    check_complete(format_text)
    return format_text


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise ValueError(f"encoding '{name}' is not known, such as 'utf-8' or 'cp1252'") from error
    return name


def _check_unambiguous(formats: tuple[str, ...], *, is_date: bool) -> None:
    found = two_readings(formats, is_date=is_date)
    if found:
        one, other, text = found
        raise ValueError(
            f"formats '{one}' and '{other}' both read '{text}', as different moments; keep the one "
            "the files are written in, or give each file of its own way an object of its own"
        )


def _known_owner(owner: str) -> str:
    if not re.fullmatch(r"team:[A-Za-z0-9_.-]+|[^@\s]+@[^@\s]+\.[^@\s]+", owner):
        raise ValueError(f"owner '{owner}' is neither team:<name> nor an e-mail address")
    return owner


TimeFormat = Annotated[str, AfterValidator(_known_directives)]
Character = Annotated[str, Field(pattern=r"^[\x01-\x7f]$")]


LARGEST_PRECISION = 38


class ContractError(Exception):
    """A contract is missing or says something that is not understood."""


class _Frozen(BaseModel):
    # What stands below a field is its line on the reference page.
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Format(_Frozen):
    """How the files of one kind of delivery are written."""

    sheet: str | None = None
    """Sheet of a workbook; None takes the only one, and refuses a workbook with several."""
    headers: Literal["source", "snake_case"] = "source"
    """`snake_case`: files of this format write `Product2Id` as `product_2_id`."""
    also: tuple[str, ...] = ()
    """Headers that every file of this format may have and that are not taken in."""
    ignore_columns: Literal["known", "any"] | None = None
    """What to do in files of this format with headers the contract does not know; None leaves it
    to each object."""
    delimiter: Character = ","
    """The character between the fields of a line."""
    header: bool = True
    """Whether the first line has the columns' names; without it, columns come in their order."""
    quote: Character | None = '"'
    """The quote character; null where quotes are text."""
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8"
    """How text is written in bytes; one that does not fit refuses the file."""
    dates: Annotated[tuple[TimeFormat, ...], Field(min_length=1)] = ("%Y-%m-%d",)
    """Accepted date formats, each exact: `%m` is two digits, `%-m` one or two."""
    timestamps: Annotated[tuple[TimeFormat, ...], Field(min_length=1)] = (
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S%.fZ",
    )
    """Accepted formats of points in time, each exact."""
    true_tokens: tuple[str, ...] = ("true",)
    """What is true, case-sensitive."""
    false_tokens: tuple[str, ...] = ("false",)
    """What is false; anything that is neither is rejected."""
    nulls: tuple[str, ...] = ("",)
    """Values that mean nothing in every column; other markers belong to single columns."""
    time_zone: Literal["UTC", "company"] = "UTC"
    """The zone timestamps are written in."""
    decimal_separator: Literal[".", ","] = "."
    """The character before the decimal places."""
    thousands_separator: Literal[",", ".", " ", "'", "\u2019", "\u00a0", "\u202f"] | None = None
    """The character between groups of three digits, where there is one; numbers without it are read
    as well, and one that is grouped in another way is rejected."""
    footer: tuple[str, ...] = ()
    """Lines with `*` that a report writes below its rows. The lines of one field at the end of a
    file, such a one among them, are no rows."""

    @model_validator(mode="after")
    def _reads_one_way(self) -> Format:
        _check_unambiguous(self.dates, is_date=True)
        _check_unambiguous(self.timestamps, is_date=False)
        if self.thousands_separator == self.decimal_separator:
            raise ValueError(
                f"decimal_separator and thousands_separator are both '{self.decimal_separator}'"
            )
        if self.quote == self.delimiter:
            raise ValueError(f"quote and delimiter are both '{self.quote}'")
        meanings = {"true": self.true_tokens, "false": self.false_tokens, "nothing": self.nulls}
        for one, other in combinations(meanings, 2):
            shared = set(meanings[one]) & set(meanings[other])
            if shared:
                raise ValueError(f"'{sorted(shared)[0]}' cannot mean both {one} and {other}")
        return self


class Unpivot(_Frozen):
    """A wide file, one column per name, that is read as one row per name."""

    keep: tuple[str, ...]
    """Headers of the columns that stay; every other column becomes rows."""
    name: Name
    """The column of the contract that takes the header."""
    value: Name
    """The column of the contract that takes the cell."""


class Column(_Frozen):
    """One column of a delivered file."""

    name: Name
    """Its name in the raw table."""
    source: str
    """Its header in the file."""
    type: Type = "text"
    """What it holds; a value that is not of its type is rejected with its line."""
    precision: int = 18
    """Digits of a decimal."""
    scale: int = 4
    """Decimal places of a decimal; a value with more is rejected, never rounded."""
    required: bool = False
    """A row without it is rejected."""
    nulls: tuple[str, ...] = ()
    """Values that mean nothing in this column, besides the format's."""
    formats: tuple[TimeFormat, ...] = ()
    """Date or timestamp formats of this column, in place of the format's."""
    min: date | int | float | None = None
    """Least value; a row below it is rejected."""
    max: date | int | float | None = None
    """Greatest value; a row above it is rejected."""
    unit: str | None = None
    """What a number counts. `percent` and `fraction` say how a cell of a workbook that shows 50% is
    read: as 50 or as 0.5."""
    description: str = ""
    """What it is, where its name does not say it."""
    personal: Literal["hash", "drop"] | None = None
    """Personal data: kept as a hash of the lower-cased value, or not taken in at all."""
    load: bool = True
    """Whether it is taken in; one that is not is known, and does not refuse the file."""
    absent_ok: bool | tuple[str, ...] = False
    """The file may lack it and it is then NULL: in every format, or in those named."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = {"source": given.get("name"), **given}
        if filled.get("personal") == "drop":
            filled["load"] = False
        return filled

    @model_validator(mode="after")
    def _makes_sense(self) -> Column:
        if self.personal == "hash" and self.type != "text":
            raise ValueError(f"column '{self.name}' is hashed, so its type must be text")
        if self.formats and self.type not in ("date", "timestamp"):
            raise ValueError(f"column '{self.name}' has formats, but is no date or timestamp")
        _check_unambiguous(self.formats, is_date=self.type == "date")
        self._check_range()
        places = sorted({"precision", "scale"} & self.model_fields_set)
        if places and self.type != "decimal":
            raise ValueError(f"column '{self.name}' has a {places[0]}, but is {self.type}")
        if not 0 <= self.scale <= self.precision <= LARGEST_PRECISION:
            raise ValueError(
                f"column '{self.name}' keeps {self.scale} decimal places of {self.precision} "
                f"digits; there are up to {LARGEST_PRECISION} digits, decimal places included"
            )
        return self

    def _check_range(self) -> None:
        bounds = [bound for bound in (self.min, self.max) if bound is not None]
        if bounds and self.type in ("text", "boolean"):
            raise ValueError(f"column '{self.name}' has a range, but is {self.type}")
        is_dated = self.type in ("date", "timestamp")
        wrong = [bound for bound in bounds if isinstance(bound, date) != is_dated]
        if wrong:
            raise ValueError(
                f"column '{self.name}' is {self.type}; {wrong[0]} bounds no such value"
            )
        if len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]
            raise ValueError(f"column '{self.name}' has a min above its max")

    @property
    def sql_type(self) -> str:
        if self.type == "decimal":
            return f"DECIMAL({self.precision},{self.scale})"
        return SQL_TYPES[self.type]

    def may_lack(self, format_name: str) -> bool:
        """May a file of this format come without the column?"""
        if isinstance(self.absent_ok, bool):
            return self.absent_ok
        return format_name in self.absent_ok


class Watched(_Frozen):
    """Columns by which records that a full extract lacks are told from those that were cut off."""

    newest_by: Name | None = None
    """A date or time that says how new a record is."""
    open_where: dict[Name, tuple[str | bool, ...]] = Field(default_factory=dict)
    """Values by which a record is still open; all of these columns have to have one of theirs."""
    value: Name | None = None
    """What a record is worth."""

    def newest_sql(self, table: str) -> str:
        return f'{table}."{self.newest_by}"' if self.newest_by else "cast(null as date)"

    def value_sql(self, table: str) -> str:
        return f'abs({table}."{self.value}")' if self.value else "cast(null as decimal)"

    def open_sql(self, table: str) -> str:
        """Whether a record is open; NULL counts as not."""
        conditions = [
            f'coalesce(cast({table}."{name}" as varchar) in ({_literals(values)}), false)'
            for name, values in self.open_where.items()
        ]
        return " and ".join(conditions) or "false"


class ObjectContract(_Frozen):
    """One object of a source: the files it comes in and what they hold."""

    description: str
    """What a row of it is."""
    files: Annotated[tuple[str, ...], Field(min_length=1)]
    """Whole file names, case-sensitive, with `*`. `.gz` may follow each, and a file of text may
    as well come as `.parquet`, `.jsonl` or `.xlsx`."""
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    """The columns of its files."""
    also: tuple[str, ...] = ()
    """Headers that a real export has and that are not taken in."""
    ignore_columns: Literal["known", "any"] = "known"
    """`known`: a header neither in `columns` nor in `also` refuses the file."""
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    """Columns that tell its records apart."""
    delivery: Literal["full", "incremental"]
    """`full`: a key that is missing was deleted. `incremental`: it means nothing."""
    increments: tuple[str, ...] = ()
    """File names of an object delivered in full that bring changes only; a day with no other
    file is an incremental delivery."""
    recorded_at: tuple[str, ...] = ()
    """Timestamps that say when the source recorded the row, the preferred one first."""
    deleted: Name | None = None
    """Boolean column by which the source marks a deleted record; such a row becomes a delete."""
    optional: bool = False
    """Whether a company may do without it: then it is not missed."""
    is_history: bool = False
    """Rows tell what happened, and nobody can correct one at the source: a row with a value outside
    its range is set aside and counted, and refuses nothing."""
    reject_limit: Annotated[int | float, Field(ge=0)] = 0
    """Rows that may be rejected: a whole number of them, or a fraction such as 0.01."""
    max_delete_fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    """A full extract that would delete a larger part of the known records is refused; without it
    the object's own days say how much is usual."""
    watched: Watched | None = None
    """What else tells a full extract that was cut off from one whose records were deleted."""
    freshness_days: int | None = None
    """Days without an extract after which it is late; None leaves it to the company file."""
    format: dict[str, Any] = Field(default_factory=dict)
    """What differs from the source's format for this object."""
    unpivot: Unpivot | None = None
    """How a wide file becomes rows."""

    @model_validator(mode="after")
    def _makes_sense(self) -> ObjectContract:
        by_name = {column.name: column for column in self.loaded}
        for doubled in ("name", "source"):
            seen = [getattr(column, doubled) for column in self.columns]
            twice = sorted({value for value in seen if seen.count(value) > 1})
            if twice:
                raise ValueError(f"{doubled} appears twice: {', '.join(twice)}")
        for role, names in (("key", self.key), ("recorded_at", self.recorded_at)):
            unknown = [name for name in names if name not in by_name]
            if unknown:
                raise ValueError(f"{role} names no loaded column: {', '.join(unknown)}")
        if any(by_name[name].type != "timestamp" for name in self.recorded_at):
            raise ValueError("recorded_at must name timestamp columns")
        if self.deleted is not None and not (
            self.deleted in by_name and by_name[self.deleted].type == "boolean"
        ):
            raise ValueError("deleted must name a loaded boolean column")
        if self.increments and self.delivery != "full":
            raise ValueError("increments are for an object that is delivered in full")
        for role in ("max_delete_fraction", "watched"):
            if getattr(self, role) is not None and self.delivery != "full":
                raise ValueError(f"{role} is for an object that is delivered in full")
        if self.is_history and all(c.min is None and c.max is None for c in self.loaded):
            raise ValueError(
                "is_history sets aside what is out of range, and no column has a range"
            )
        self._check_watched(by_name)
        if self.unpivot:
            self._check_unpivot(self.unpivot)
        return self

    def _check_watched(self, by_name: dict[str, Column]) -> None:
        watched = self.watched or Watched()
        roles: tuple[tuple[str, tuple[str, ...], set[Type]], ...] = (
            ("newest_by", (watched.newest_by,) if watched.newest_by else (), {"date", "timestamp"}),
            ("open_where", tuple(watched.open_where), {"text", "boolean"}),
            ("value", (watched.value,) if watched.value else (), {"decimal", "integer"}),
        )
        for role, names, types in roles:
            wrong = [n for n in names if n not in by_name or by_name[n].type not in types]
            if wrong:
                raise ValueError(
                    f"watched.{role} must name a loaded column of {' or '.join(sorted(types))}, "
                    f"not {wrong[0]}"
                )

    def _check_unpivot(self, unpivot: Unpivot) -> None:
        sources = {column.source for column in self.columns}
        loaded = {column.name for column in self.loaded}
        for role, names, known in (
            ("keep", unpivot.keep, sources),
            ("name", (unpivot.name,), loaded),
            ("value", (unpivot.value,), loaded),
        ):
            unknown = [name for name in names if name not in known]
            if unknown:
                raise ValueError(f"unpivot.{role} names no column: {', '.join(unknown)}")

    @property
    def loaded(self) -> tuple[Column, ...]:
        """The columns of the raw table, in order."""
        return tuple(column for column in self.columns if column.load)

    def written_in(self, format_: Format) -> ObjectContract:
        """The contract with the headers that files of a format have."""
        ignored = format_.ignore_columns or self.ignore_columns
        if format_.headers == "source":
            also = (*self.also, *format_.also)
            return self.model_copy(update={"also": also, "ignore_columns": ignored})
        columns = (c.model_copy(update={"source": snake_case(c.source)}) for c in self.columns)
        also = (*map(snake_case, self.also), *format_.also)
        return self.model_copy(
            update={"columns": tuple(columns), "also": also, "ignore_columns": ignored}
        )

    def matches(self, file_name: str) -> bool:
        """Is this the name of one of the object's files?"""
        return _is_named(file_name, (*self.files, *self.increments))

    def is_increment(self, file_name: str) -> bool:
        """Does a file of this name bring changes only?"""
        return self.delivery == "incremental" or _is_named(file_name, self.increments)


def _literals(values: tuple[str | bool, ...]) -> str:
    texts = [str(value).lower() if isinstance(value, bool) else value for value in values]
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _is_named(file_name: str, patterns: tuple[str, ...]) -> bool:
    names = {file_name, plain := file_name.removesuffix(".gz")}
    stem, _, suffix = plain.rpartition(".")
    if suffix in ("parquet", "jsonl", "xlsx"):
        names.add(f"{stem}.csv")
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def snake_case(header: str) -> str:
    """`BillingCity` as `billing_city`, `Product2Id` as `product_2_id`."""
    words = re.sub(
        r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", header
    )
    return words.lower()


def _none_left(said: object) -> object:
    # The key with all of its lines deleted.
    return () if said is None else said


class Contract(_Frozen):
    """A source system: its formats and its objects."""

    source: Name
    """Its name, which is that of the file."""
    to_confirm: Annotated[tuple[str, ...], BeforeValidator(_none_left)] = ()
    """Guesses of `salesops check --init` that nobody has looked at; until then nothing loads."""
    description: str
    """What the system is."""
    owner: Annotated[str, AfterValidator(_known_owner)]
    """Who answers for its extracts: `team:<name>` or an e-mail address."""
    formats: Annotated[dict[str, Format], Field(min_length=1)]
    """How its files are written, by tool; the company file chooses one, the first by default."""
    objects: Annotated[dict[Name, ObjectContract], Field(min_length=1)]
    """Its objects, by the names of their raw tables."""

    @model_validator(mode="after")
    def _formats_fit(self) -> Contract:
        for name, described in self.objects.items():
            for format_name in self.formats:
                self.format_of(name, format_name)
            for column in described.columns:
                named = () if isinstance(column.absent_ok, bool) else column.absent_ok
                unknown = set(named) - set(self.formats)
                if unknown:
                    raise ValueError(f"{name}.{column.name}: no format {', '.join(unknown)}")
        return self

    def format_of(self, object_name: str, format_name: str) -> Format:
        """The format of an object's files: the source's, with what the object says otherwise."""
        base = self.formats[format_name]
        return Format.model_validate({**base.model_dump(), **self.objects[object_name].format})
