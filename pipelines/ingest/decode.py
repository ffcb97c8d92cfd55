"""A delivered file as UTF-8 text in blocks that end where a record ends.

Undoes gzip and the declared encoding, and refuses bytes that are not of that encoding. What the
records hold is not looked at; only quotes are counted, as a quoted field may span lines.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.ingest.errors import FileRefused
from pipelines.ingest.unpacked import unpacked
from pipelines.settings import Limits

CHUNK_BYTES = 8 << 20
"""Small enough that its columns stay in the caches and are not new memory every time."""
MARK = "\ufeff".encode()
LINE_FEED = b"\n"
LONGEST_RECORD_BYTES = 64 << 20


@dataclass(frozen=True)
class Block:
    """Whole records of a file, each ended by a line feed."""

    data: bytes
    first_line: int
    """Physical line number in the file at which the block begins, from 1."""


def blocks(
    path: Path, encoding: str, quote: str | None, limits: Limits, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[Block]:
    """Read a file, gzip or not, block by block.

    Raises:
        FileRefused: the file cannot be read as what its contract says; names byte and line.
    """
    mark = quote.encode("ascii") if quote else b""
    carry, line = b"", 1
    for text in _utf8(path, encoding, limits, chunk_bytes):
        carry += text
        cut = _last_record_end(carry, mark)
        if cut:
            yield Block(carry[:cut], line)
            line += _count(LINE_FEED, carry, 0, cut)
            carry = carry[cut:]
        elif len(carry) > LONGEST_RECORD_BYTES:
            raise _never_closed(path, line)
    if carry:
        # The index of the records finds a quote that is never closed, and its line.
        yield Block(carry if carry.endswith(b"\n") else carry + b"\n", line)


def _last_record_end(data: bytes, quote: bytes) -> int:
    """Position behind the last line feed outside quotes; 0 where there is none."""
    end = data.rfind(b"\n")
    if not quote or end < 0:
        return end + 1
    is_open = _count(quote, data, 0, end) % 2 == 1
    while is_open and end >= 0:
        earlier = data.rfind(b"\n", 0, end)
        is_open = (_count(quote, data, max(earlier, 0), end) % 2 == 1) != is_open
        end = earlier
    return end + 1


def _count(byte: bytes, data: bytes, start: int, end: int) -> int:
    """How often a byte stands there; where it is frequent, six times as fast as `bytes.count`."""
    found = np.frombuffer(data, np.uint8, end - start, start) == byte[0]
    return int(np.count_nonzero(found))


def _utf8(path: Path, encoding: str, limits: Limits, chunk_bytes: int) -> Iterator[bytes]:
    """The file's text as UTF-8, without a byte order mark."""
    name = codecs.lookup(encoding).name
    is_utf8 = name == "utf-8"
    decoder = codecs.getincrementaldecoder("utf-8-sig" if is_utf8 else encoding)()
    suspect = None if name.startswith("utf") else _LooksLikeUtf8()
    keeps_ascii = is_utf8 or "a\n".encode(encoding) == b"a\n"
    n_bytes, n_lines, is_last = 0, 0, False
    with unpacked(path, limits, encoding) as stream:
        while not is_last:
            chunk = stream.read(chunk_bytes)
            is_last = len(chunk) == 0
            if suspect and suspect.after(chunk, is_last):
                raise FileRefused(
                    f"{path.name} is declared as {encoding}, but it is written in utf-8: letters "
                    "would be garbled. Declare `encoding: utf-8` in the contract, or export it "
                    f"in {encoding}."
                )
            try:
                if keeps_ascii and n_bytes and chunk.isascii() and not decoder.getstate()[0]:
                    text = chunk
                else:
                    text = decoder.decode(chunk, is_last).encode("utf-8")
            except UnicodeDecodeError as error:
                pending = len(error.object) - len(chunk)
                position = n_bytes - pending + error.start
                line = n_lines + error.object[: error.start].count(b"\n") + 1
                raise FileRefused(
                    f"{path.name} is not written in {encoding}: byte {position + 1}, in line "
                    f"{line}, is 0x{error.object[error.start]:02x} ({error.reason}). Export it "
                    f"in {encoding}, or declare the right encoding in the contract."
                ) from error
            if MARK[:1] in text and MARK in text:
                line = n_lines + text[: text.index(MARK)].count(b"\n") + 1
                raise FileRefused(
                    f"{path.name} has a byte order mark within line {line}: files were pasted "
                    "together. Land each by itself."
                )
            if b"\0" in text:
                line = n_lines + text[: text.index(b"\0")].count(b"\n") + 1
                raise FileRefused(
                    f"{path.name} has a NUL byte in line {line}: it is damaged, or in UTF-16, "
                    "which the contract would have to declare."
                )
            n_bytes += len(chunk)
            n_lines += _count(LINE_FEED, text, 0, len(text))
            yield text


class _LooksLikeUtf8:
    """Is a file in which every byte is valid by its declared encoding really UTF-8?

    Text of a one-byte encoding with letters beyond ASCII is practically never valid UTF-8.
    """

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._has_letters = False

    def after(self, chunk: bytes, is_last: bool) -> bool:
        """Told at the last chunk."""
        if self._decoder is None:
            return False
        self._has_letters = self._has_letters or not chunk.isascii()
        try:
            self._decoder.decode(chunk, is_last)
        except UnicodeDecodeError:
            self._decoder = None
            return False
        return is_last and self._has_letters


def _never_closed(path: Path, line: int) -> FileRefused:
    return FileRefused(
        f"{path.name}: the record that begins in line {line} is longer than "
        f"{LONGEST_RECORD_BYTES >> 20} MB; a quote is opened there and never closed. Fix the "
        "export, or declare `quote: null` where quotes are text."
    )
