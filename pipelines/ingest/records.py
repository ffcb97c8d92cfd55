"""Where the records of a block begin and end, on which line, and how many fields each has.

Found from the bytes alone, by array arithmetic, so that no row is ever shifted silently: parsers
pad short rows and know nothing of physical lines. Values are split and read elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
LINE_FEED, CARRIAGE_RETURN = 10, 13


class MalformedQuote(Exception):  # noqa: N818 - caught by the reader, which words the refusal
    """A quote stands where none may, or is never closed."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


@dataclass(frozen=True)
class Records:
    """The records of a block that are not blank lines."""

    starts: Positions
    ends: Positions
    """Position of the line feed that ends each record."""
    lines: Positions
    """Physical line each begins on, from 1."""
    n_fields: Positions

    def where(self, chosen: npt.NDArray[np.bool_]) -> Records:
        return Records(
            self.starts[chosen], self.ends[chosen], self.lines[chosen], self.n_fields[chosen]
        )

    def __len__(self) -> int:
        return len(self.starts)

    def bytes_of(self, data: bytes) -> bytes:
        """The records' own bytes; neighbours are taken in one piece."""
        if not len(self):
            return b""
        breaks = np.flatnonzero(self.starts[1:] != self.ends[:-1] + 1) + 1
        firsts = [0, *breaks.tolist()]
        lasts = [*(breaks - 1).tolist(), len(self) - 1]
        pieces = zip(self.starts[firsts].tolist(), self.ends[lasts].tolist(), strict=True)
        return b"".join(data[start : end + 1] for start, end in pieces)


def find_records(data: bytes, first_line: int, delimiter: str, quote: str | None) -> Records:
    """Index a block that ends with a line feed.

    Raises:
        MalformedQuote: quotes do not stand as RFC 4180 has them.
    """
    raw = np.frombuffer(data, dtype=np.uint8)
    mark = ord(quote) if quote and quote.encode() in data else None
    # Everything is worked out on the few bytes that mean something, not on all of them.
    places = _places(raw, ord(delimiter), mark)
    kinds = raw[places]
    line_feeds = places.compress(kinds == LINE_FEED)
    if mark is not None:
        is_quote = kinds == mark
        quotes = places.compress(is_quote)
        _check_quotes(raw, quotes, line_feeds, first_line, (ord(delimiter), mark))
        is_inside = np.bitwise_xor.accumulate(is_quote.view(np.uint8)).view(np.bool_)
        is_outside = ~(is_inside | is_quote)
        places, kinds = places.compress(is_outside), kinds.compress(is_outside)
    # What is left are delimiters and the line feeds that end records.
    last_of_record = np.flatnonzero(kinds == LINE_FEED)
    n_fields = np.diff(last_of_record, prepend=-1)
    ends = places[last_of_record]
    starts = np.concatenate(([0], ends[:-1] + 1))
    if len(ends) == len(line_feeds):
        lines = np.arange(first_line, first_line + len(ends))
    else:
        lines = np.searchsorted(line_feeds, starts) + first_line
    length = ends - starts
    blank = (length == 0) | ((length == 1) & (raw[starts] == CARRIAGE_RETURN))
    found = Records(starts, ends, lines, n_fields)
    return found.where(~blank) if blank.any() else found


def _places(raw: npt.NDArray[np.uint8], delimiter: int, mark: int | None) -> Positions:
    """Where delimiters, line feeds and quotes are; comparing beats looking up by a factor of 7."""
    special, other = np.empty(len(raw), np.bool_), np.empty(len(raw), np.bool_)
    np.equal(raw, LINE_FEED, out=special)
    for kind in (delimiter, mark):
        if kind is not None:
            np.logical_or(special, np.equal(raw, kind, out=other), out=special)
    return np.flatnonzero(special)


def _check_quotes(
    raw: npt.NDArray[np.uint8],
    quotes: Positions,
    line_feeds: Positions,
    first_line: int,
    marks: tuple[int, int],
) -> None:
    """Opening quotes begin a field, closing ones end it; within, they are doubled."""
    at_edge = np.zeros(256, dtype=np.bool_)
    at_edge[[*marks, LINE_FEED]] = True
    openers, closers = quotes[0::2], quotes[1::2]
    good_openers = at_edge[raw[np.maximum(openers - 1, 0)]] | (openers == 0)
    after = raw[closers + 1]
    good_closers = at_edge[after]
    carriage_returns = np.flatnonzero(after == CARRIAGE_RETURN)
    # The block ends with a line feed, so there is always a byte behind a carriage return.
    good_closers[carriage_returns] = raw[closers[carriage_returns] + 2] == LINE_FEED
    if good_openers.all() and good_closers.all() and len(quotes) % 2 == 0:
        return
    wrong = np.concatenate((openers[~good_openers], closers[~good_closers]))
    if len(quotes) % 2 == 1:
        wrong = np.append(wrong, quotes[-1])
    raise MalformedQuote(int(np.searchsorted(line_feeds, wrong.min())) + first_line)
