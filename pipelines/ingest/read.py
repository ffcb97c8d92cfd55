"""Read one delivered file along its contract: typed rows that keep every rule, and the rejects.

Goes block by block, so memory does not grow with the file. Duplicates and changes between
deliveries are found in the warehouse.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.contracts import Column, ObjectContract
from pipelines.ingest.cast import REJECTS, Dialect, Rule, apply, clean, rules
from pipelines.ingest.decode import CHUNK_BYTES, Block, blocks
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.records import MalformedQuote, Records, find_records
from pipelines.ingest.signature import carriage_returns, is_json
from pipelines.ingest.typed_files import is_typed, typed_blocks
from pipelines.ingest.unpacked import MOST_COLUMNS, too_many_columns
from pipelines.settings import Limits

READERS = 2
"""Threads that read blocks; the array work of each runs beside the other's."""
BLOCKS_AHEAD = 8
SEPARATOR = re.compile(r"""("?)sep=(\\t|.)\1[\s,;|]*""", re.IGNORECASE)
"""Also quoted and filled up with delimiters, as programs that took it for a row save it."""
_DELIMITERS = (",", ";", "\t", "|")
_SHOWN = {"\t": "\\t"}
MOST_TITLE_LINES = 20
LINE = "_line"
"""Beside the columns of a file: where each row stands in it."""
TOTAL = re.compile(
    r"((grand|overall|report|sub)[\s-]*)?totals?\s*([:(].*)?|(gesamt(summe|ergebnis)?|summe|sum):?",
    re.IGNORECASE,
)
"""What a report calls a total."""
FEWEST_EMPTY = 2
"""Columns besides the numbers that a total leaves empty; fewer do not tell it from a record."""
MOST_FOOTER_LINES = 12
"""Lines below the rows of a report; more are records that lost their fields."""


@dataclass(frozen=True)
class ReadBlock:
    """A part of a file, read."""

    n_read: int
    accepted: pl.DataFrame
    """The contract's loaded columns, typed, and `_line`."""
    rejects: pl.DataFrame
    """`_line, column, rule, value`; a row may break several rules."""

    closing: tuple[tuple[int, str], ...] = ()
    """Line and text of the last records, as far as each is a single field."""

    @property
    def n_rejected(self) -> int:
        return self.n_read - len(self.accepted)

    @property
    def is_closing(self) -> bool:
        """Is there nothing but such records?"""
        return self.n_read == len(self.closing)

    def without(self, lines: Collection[int]) -> ReadBlock:
        """The block as if these records, all of them rejected, were not there."""
        kept = self.rejects.filter(~pl.col("_line").is_in(list(lines)))
        gone = sum(line in lines for line, _ in self.closing)
        return replace(self, n_read=self.n_read - gone, rejects=kept)


@dataclass(frozen=True)
class Reading:
    """What is needed to read the files of an object: its contract, and how it is delivered here."""

    source: str
    object_name: str
    contract: ObjectContract
    format_name: str
    dialect: Dialect
    recorded_before: datetime
    """No row can have been recorded after this; it would be filed under the wrong day."""
    limits: Limits = field(default_factory=Limits)

    def read(self, path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[ReadBlock]:
        """Read a file.

        Raises:
            FileRefused: the file as a whole is not what the contract says.
        """
        if is_typed(path):
            read = self._read_typed(path)
        else:
            text = self._read_text(path, chunk_bytes)
            read = _without_footer(text, self.dialect.format.footer)
        # Columns that become rows have no row left that could be told to be a total.
        yield from read if self.contract.unpivot else _without_total(read, self.contract.loaded)

    def _read_text(self, path: Path, chunk_bytes: int) -> Iterator[ReadBlock]:
        format_ = self.dialect.format
        source = blocks(path, format_.encoding, format_.quote, self.limits, chunk_bytes)
        header: list[str] | None = None
        for block in source:
            found = self._without_separator(path, block.data, self._find(path, block))
            if len(found):
                header, found = self._header(path, block.data, found)
                yield self._read_block(path, header, block.data, found)
                break
        if header is None:
            if format_.header:
                raise FileRefused(
                    f"{path.name} is empty, without even a header. The export failed: land it "
                    "again."
                )
            return
        yield from self._in_parallel(path, header, source)

    def _read_typed(self, path: Path) -> Iterator[ReadBlock]:
        nothing = pl.DataFrame(schema=REJECTS)
        reading = replace(self, dialect=replace(self.dialect, is_typed=True))
        header: dict[str, None] = {}
        for block in typed_blocks(path, self.contract, self.dialect.format, self.limits):
            self._check_names(path, block.header)
            self._check_extra(path, block.header)
            header.update(dict.fromkeys(block.header))
            yield reading._taken(path, block.rows, nothing)
        # A key of JSON lines may stand in the last line only.
        self._check_names(path, list(header))
        self._check_missing(path, list(header))

    def _in_parallel(
        self, path: Path, header: list[str], source: Iterator[Block]
    ) -> Iterator[ReadBlock]:
        """The blocks in their order, some of them read while earlier ones are taken in."""

        def read(block: Block) -> ReadBlock:
            return self._read_block(path, header, block.data, self._find(path, block))

        with ThreadPoolExecutor(max_workers=READERS) as pool:
            ahead = deque(pool.submit(read, block) for block in islice(source, BLOCKS_AHEAD))
            try:
                while ahead:
                    done = ahead.popleft().result()
                    ahead.extend(pool.submit(read, block) for block in islice(source, 1))
                    yield done
            finally:
                pool.shutdown(cancel_futures=True)

    def _find(self, path: Path, block: Block) -> Records:
        format_ = self.dialect.format
        try:
            return find_records(block.data, block.first_line, format_.delimiter, format_.quote)
        except MalformedQuote as error:
            if is_json(block.data) and block.first_line == 1:
                raise FileRefused(
                    f"{path.name} is JSON. If it has one record in each line, land it under a name "
                    "that ends with .jsonl; if it is what a system says instead of its data, "
                    "export it again."
                ) from error
            raise FileRefused(_quotes(path, error.line)) from error

    def _without_separator(self, path: Path, data: bytes, found: Records) -> Records:
        """The records without the line by which Excel is told what parts the fields."""
        if not len(found) or not self.dialect.format.header:
            return found
        line = data[found.starts[0] : found.ends[0]].rstrip(b"\r").decode("utf-8")
        told = SEPARATOR.fullmatch(line)
        if told is None:
            return found
        delimiter = told[2].replace("\\t", "\t")
        if delimiter != self.dialect.format.delimiter:
            raise self._other_delimiter(path, delimiter, "says that")
        return found.where(found.starts > found.starts[0])

    def _header(self, path: Path, data: bytes, found: Records) -> tuple[list[str], Records]:
        """The names of the file's columns, and the records that follow."""
        format_ = self.dialect.format
        if not format_.header:
            return [column.source for column in self.contract.columns], found
        line = data[found.starts[0] : found.ends[0]].decode("utf-8").rstrip("\r")
        if format_.quote:
            fields = csv.reader([line], delimiter=format_.delimiter, quotechar=format_.quote)
        else:
            fields = csv.reader([line], delimiter=format_.delimiter, quoting=csv.QUOTE_NONE)
        try:
            header = [name.strip() for name in next(fields)]
        except csv.Error as error:
            if "\r" in line:
                raise carriage_returns(path) from error
            raise FileRefused(f"{path.name} has no valid header ({error}).") from error
        self._check_layout(path, header, data, found)
        self._check_header(path, header)
        return header, found.where(found.starts > found.starts[0])

    def _check_layout(self, path: Path, header: list[str], data: bytes, found: Records) -> None:
        """Refuse a file of another delimiter, or with lines above its header, by that."""
        needed = self._columns_in_file()
        if not needed or needed & set(header):
            return
        for delimiter in _DELIMITERS:
            names = {name.strip(' "') for name in header[0].split(delimiter)}
            if len(header) == 1 and len(names & needed) > 1:
                raise self._other_delimiter(path, delimiter, "is written as if")
        for n in range(1, min(len(found), MOST_TITLE_LINES)):
            line = data[found.starts[n] : found.ends[n]].decode("utf-8")
            names = {name.strip(' "\r') for name in line.split(self.dialect.format.delimiter)}
            if len(names & needed) > 1:
                raise FileRefused(
                    f"{path.name} has its header in line {found.lines[n]}, below a title. Export "
                    "it without one, or remove the lines above the header."
                )

    def _other_delimiter(self, path: Path, delimiter: str, says: str) -> FileRefused:
        declared = self.dialect.format.delimiter
        return FileRefused(
            f"{path.name} {says} '{_SHOWN.get(delimiter, delimiter)}' separates its fields, and "
            f"the contract says that '{_SHOWN.get(declared, declared)}' does. Declare "
            f'`delimiter: "{_SHOWN.get(delimiter, delimiter)}"` in the format in '
            f"pipelines/contracts/{self.source}.yml, or correct the export."
        )

    def _check_header(self, path: Path, header: list[str]) -> None:
        self._check_names(path, header)
        self._check_missing(path, header)
        self._check_extra(path, header)

    def _check_names(self, path: Path, header: list[str]) -> None:
        if len(header) > MOST_COLUMNS:
            raise too_many_columns(path, len(header))
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise FileRefused(f"{path.name} has column '{twice[0]}' twice. Fix the export.")
        if LINE in header and LINE in {column.source for column in self.contract.loaded}:
            raise FileRefused(
                f"{path.name} has column '{LINE}', which is what the warehouse calls the line of "
                "a row. Rename it in the export."
            )

    def _check_missing(self, path: Path, header: list[str]) -> None:
        needed = self._columns_in_file()
        missing = [
            column.source
            for column in self.contract.columns
            if column.source in needed
            and column.source not in header
            and not column.may_lack(self.format_name)
        ]
        if missing:
            near = difflib.get_close_matches(missing[0], set(header) - needed, n=1)
            hint = f" (is '{near[0]}' its new name?)" if near else ""
            raise FileRefused(
                f"{path.name} lacks {_named(missing)}{hint}; it has {_named(header)}. Add the "
                "column to the export, or declare it `absent_ok` in "
                f"pipelines/contracts/{self.source}.yml."
            )

    def _check_extra(self, path: Path, header: list[str]) -> None:
        contract = self.contract
        if contract.unpivot or contract.ignore_columns == "any":
            return
        known = {*self._columns_in_file(), *contract.also}
        # A trailing delimiter makes a last column without a name; it must stay empty.
        named = header[:-1] if header and header[-1] == "" else header
        extra = [name for name in named if name not in known]
        if extra:
            raise FileRefused(
                f"{path.name} has {_named(extra)}, unknown to the contract. Add it to `columns` "
                f"of {self.object_name} in pipelines/contracts/{self.source}.yml to load it, or to "
                f"`also` to leave it; `{self.source}: {{ignore_columns: any}}` in the company file "
                "leaves all of them."
            )

    def _columns_in_file(self) -> set[str]:
        if self.contract.unpivot:
            return set(self.contract.unpivot.keep)
        return {column.source for column in self.contract.columns}

    def _read_block(self, path: Path, header: list[str], data: bytes, found: Records) -> ReadBlock:
        is_whole = found.n_fields == len(header)
        ragged = _ragged(found.where(~is_whole), len(header))
        whole = found.where(is_whole)
        raw = _split(path, whole.bytes_of(data), header, self._wanted(header), self.dialect)
        if len(raw) != len(whole):
            raise FileRefused(
                f"{path.name}: {len(whole)} records from line {found.lines[0]} on were split into "
                f"{len(raw)}. Please report this file; it is not read as it is."
            )
        taken = self._taken(
            path, raw.with_columns(_line=pl.Series(whole.lines, dtype=pl.Int64)), ragged
        )
        if not self.dialect.format.footer or len(header) == 1:
            return taken
        return replace(taken, closing=_closing(data, found, self.dialect.format.quote))

    def _wanted(self, header: list[str]) -> list[int]:
        """Which columns of the file are looked at, by position; never none."""
        if self.contract.unpivot:
            return list(range(len(header)))
        loaded = {column.source for column in self.contract.loaded} | {""}
        return [n for n, name in enumerate(header) if name in loaded] or [0]

    def _taken(self, path: Path, raw: pl.DataFrame, ragged: pl.DataFrame) -> ReadBlock:
        """Typed rows and rejects of rows that are whole."""
        texts = self._texts(path, raw)
        accepted, broken = apply(texts, self.contract.loaded, self._rules(), self.dialect)
        return ReadBlock(len(texts) + len(ragged), accepted, pl.concat([ragged, broken]))

    def _texts(self, path: Path, raw: pl.DataFrame) -> pl.DataFrame:
        """The loaded columns as cleaned text."""
        format_ = self.dialect.format
        if "" in raw.columns:
            filled = raw.filter(pl.col("").str.strip_chars() != "")
            if len(filled):
                raise FileRefused(
                    f"{path.name} has a column without a name that holds values (first: line "
                    f"{filled['_line'][0]}). Fix the header of the export."
                )
            raw = raw.drop("")
        if self.contract.unpivot:
            raw = self._unpivot(raw)
        texts = raw.select(
            "_line",
            *(
                clean(column, format_)
                if column.source in raw.columns
                else pl.lit(None, dtype=pl.String).alias(column.name)
                for column in self.contract.loaded
            ),
        )
        if self.contract.unpivot:
            texts = texts.filter(pl.col(self.contract.unpivot.value).is_not_null())
        return texts

    def _unpivot(self, raw: pl.DataFrame) -> pl.DataFrame:
        unpivot = self.contract.unpivot
        assert unpivot is not None
        # A block of JSON lines has only the keys that stand in it.
        lacking = [name for name in unpivot.keep if name not in raw.columns]
        raw = raw.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in lacking)
        return raw.unpivot(
            index=["_line", *unpivot.keep], variable_name=unpivot.name, value_name=unpivot.value
        )

    def _rules(self) -> list[Rule]:
        stamps = self.contract.recorded_at
        needed = {*self.contract.key}
        return [
            rule
            for column in self.contract.loaded
            for rule in rules(
                column.model_copy(update={"required": column.required or column.name in needed}),
                self.recorded_before if column.name in stamps else None,
            )
        ]


def _split(
    path: Path, data: bytes, header: Sequence[str], wanted: list[int], dialect: Dialect
) -> pl.DataFrame:
    schema = dict.fromkeys(header, pl.String)
    if not data:
        return pl.DataFrame(schema={header[n]: pl.String for n in wanted})
    try:
        return pl.read_csv(
            data,
            has_header=False,
            separator=dialect.format.delimiter,
            quote_char=dialect.format.quote,
            schema=schema,
            columns=wanted,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError as error:
        raise FileRefused(f"{path.name} cannot be split into fields: {error}") from error


def _closing(data: bytes, found: Records, quote: str | None) -> tuple[tuple[int, str], ...]:
    several = np.flatnonzero(found.n_fields > 1)
    first = int(several[-1]) + 1 if len(several) else 0
    return tuple(
        (
            int(found.lines[n]),
            data[found.starts[n] : found.ends[n]].decode("utf-8").strip().strip(quote or ""),
        )
        for n in range(max(first, len(found) - MOST_FOOTER_LINES), len(found))
    )


def _without_footer(read: Iterable[ReadBlock], footer: Sequence[str]) -> Iterator[ReadBlock]:
    """The blocks, the last ones without the lines a report writes below its rows."""
    held: list[ReadBlock] = []
    for block in read:
        if held and not block.is_closing:
            yield from held
            held = []
        if footer:
            held.append(block)
        else:
            yield block
    closing = [each for block in held for each in block.closing]
    if any(fnmatchcase(text, pattern) for _, text in closing for pattern in footer):
        lines = {line for line, _ in closing}
        held = [block.without(lines) for block in held]
    yield from held


def _without_total(read: Iterable[ReadBlock], columns: Sequence[Column]) -> Iterator[ReadBlock]:
    """The blocks; a total that a report writes below its rows is rejected."""
    held: ReadBlock | None = None
    for block in read:
        if held is None or block.n_read:
            if held is not None:
                yield held
            held = block
    if held is not None:
        yield _total_rejected(held, columns)


def _total_rejected(block: ReadBlock, columns: Sequence[Column]) -> ReadBlock:
    """The block, without its last row where that has a word for a total and numbers, nothing else.

    Of a row with few columns besides its numbers that says nothing: any name may stand there.
    """
    for row in block.accepted.tail(1).iter_rows(named=True):
        others = [each.name for each in columns if each.type not in ("integer", "decimal")]
        filled = {name: row[name] for name in others if row[name] is not None}
        has_numbers = any(row[each.name] is not None for each in columns if each.name not in others)
        if not has_numbers or len(filled) != 1 or len(others) - 1 < FEWEST_EMPTY:
            continue
        name, value = filled.popitem()
        if not isinstance(value, str) or not TOTAL.fullmatch(value.strip()):
            continue
        reject = pl.DataFrame([(row["_line"], name, "total_row", value)], REJECTS, orient="row")
        return replace(
            block, accepted=block.accepted.head(-1), rejects=pl.concat([block.rejects, reject])
        )
    return block


def _ragged(found: Records, n_expected: int) -> pl.DataFrame:
    if not len(found):
        return pl.DataFrame(schema=REJECTS)
    frame = pl.DataFrame({"_line": found.lines, "n": found.n_fields})
    few = pl.col("n") < n_expected
    return frame.select(
        pl.col("_line").cast(pl.Int64),
        column=pl.lit(None, dtype=pl.String),
        rule=pl.when(few).then(pl.lit("too_few_fields")).otherwise(pl.lit("too_many_fields")),
        value=pl.format("{} fields instead of {}", pl.col("n"), pl.lit(n_expected)),
    )


def _quotes(path: Path, line: int) -> str:
    return (
        f"{path.name}: quotes do not pair up, at line {line} or shortly before. Fix the export, or "
        "declare `quote: null` in the contract where quotes are text."
    )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"
