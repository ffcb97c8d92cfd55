"""Where the records of a block begin and end, on which line, and how many fields each has.

Found from the bytes alone, so that no row is ever shifted silently: parsers pad short rows and
know nothing of physical lines. Values are split and read elsewhere.

Every byte that means something becomes a bit in a word of 64: whether a delimiter stands within
quotes is then arithmetic on an eighth of the bytes, and costs a sixth of asking place by place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
"""One bit per byte of the block, the first in the lowest bit of the first word."""
LINE_FEED, CARRIAGE_RETURN = 10, 13
WORD = 64
ONE, LAST, ALL = np.uint64(1), np.uint64(WORD - 1), np.uint64(2**WORD - 1)


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
    is_line_feed = raw == LINE_FEED
    ends = line_feeds = np.flatnonzero(is_line_feed)
    delimiters = _words(raw == ord(delimiter))
    if quote and quote.encode() in data:
        quotes = _words(raw == ord(quote))
        inside = _odd_so_far(quotes)
        edges = delimiters | quotes | _words(is_line_feed)
        _check_quotes(raw, (quotes, inside, edges), line_feeds, first_line)
        ends = line_feeds[~_is_set(inside, line_feeds)]
        delimiters = delimiters & ~inside
    n_fields = np.diff(_set_before(delimiters, ends), prepend=0) + 1
    starts = np.concatenate(([0], ends[:-1] + 1))
    if len(ends) == len(line_feeds):
        lines = np.arange(first_line, first_line + len(ends))
    else:
        lines = np.searchsorted(line_feeds, starts) + first_line
    length = ends - starts
    blank = (length == 0) | ((length == 1) & (raw[starts] == CARRIAGE_RETURN))
    found = Records(starts, ends, lines, n_fields)
    return found.where(~blank) if blank.any() else found


def _check_quotes(
    raw: npt.NDArray[np.uint8],
    words: tuple[Words, Words, Words],
    line_feeds: Positions,
    first_line: int,
) -> None:
    """Opening quotes begin a field, closing ones end it; within, they are doubled.

    `words` are the quotes, what is inside them, and what may stand at the edge of a field.
    """
    quotes, inside, edges = words
    behind_edge, before_edge = edges << ONE, edges >> ONE
    behind_edge[1:] |= edges[:-1] >> LAST
    behind_edge[0] |= ONE
    before_edge[:-1] |= edges[1:] << LAST
    openers, closers = quotes & inside, quotes & ~inside
    bad_openers, bad_closers = openers & ~behind_edge, closers & ~before_edge
    is_open = bool(inside[-1] >> LAST)
    if not (bad_openers.any() or bad_closers.any() or is_open):
        return
    ending = _places(bad_closers)
    # The block ends with a line feed, so there is always a byte behind a carriage return.
    returns = ending[raw[ending + 1] == CARRIAGE_RETURN]
    good = returns[raw[returns + 2] == LINE_FEED]
    wrong = np.concatenate((_places(bad_openers), np.setdiff1d(ending, good)))
    if is_open:
        wrong = np.append(wrong, _places(openers)[-1])
    if len(wrong):
        raise MalformedQuote(int(np.searchsorted(line_feeds, wrong.min())) + first_line)


def _words(flags: npt.NDArray[np.bool_]) -> Words:
    packed = np.packbits(flags, bitorder="little")
    words = np.zeros(-(-len(flags) // WORD), dtype="<u8")
    words.view(np.uint8)[: len(packed)] = packed
    return words


def _places(words: Words) -> Positions:
    return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))


def _is_set(words: Words, places: Positions) -> npt.NDArray[np.bool_]:
    shifts = (places % WORD).astype(np.uint64)
    return ((words[places // WORD] >> shifts) & ONE).astype(np.bool_)


def _set_before(words: Words, places: Positions) -> Positions:
    """How many bits are set before each place."""
    counts = np.bitwise_count(words).astype(np.int64)
    before_word = np.cumsum(counts) - counts
    lower = (ONE << (places % WORD).astype(np.uint64)) - ONE
    within = np.bitwise_count(words[places // WORD] & lower)
    return before_word[places // WORD] + within


def _odd_so_far(words: Words) -> Words:
    """Bits up to and with whose place an odd number are set: those within quotes."""
    odd = words.copy()
    for width in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(width)
    carried = np.bitwise_xor.accumulate((odd >> LAST).astype(np.uint8))
    odd[1:] ^= carried[:-1] * ALL
    return odd
