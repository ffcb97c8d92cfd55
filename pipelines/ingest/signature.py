"""What a file is by its first bytes, where it is not what its name says.

A workbook or a packed file under the name of a CSV, a CSV under that of a workbook, or the page of
a login that ran out: each would be refused for its encoding, its columns or its damage, which is
no help to whoever has to land it again.
"""

from __future__ import annotations

import codecs
import re
from io import BufferedReader
from pathlib import Path

from pipelines.ingest.errors import FileRefused

LOOKED_AT = 4096
GZIP, PARQUET, WORKBOOK = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_OPEN_DOCUMENT = re.compile(rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", re.DOTALL)
_WORKBOOK_PARTS = rb"PK\x03\x04.*(\[Content_Types\]\.xml|xl/|_rels/|docProps/)"
_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), said)
    for pattern, said in (
        (rb".{257}ustar", "a tar archive. Land what is in it"),
        (GZIP, "a gzip file. Land it under a name that ends with .gz"),
        (
            rb"BZh\d1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd",
            "packed in a way that is not read. Unpack it, or pack it with gzip, and land that",
        ),
        (
            _OPEN_DOCUMENT.pattern,
            "an OpenDocument spreadsheet. Save it as .xlsx, or as text, and land that",
        ),
        (
            _WORKBOOK_PARTS,
            "an Excel workbook. Land it under a name that ends with .xlsx, or save it as text",
        ),
        (rb"PK[\x03\x05]", "a zip file. Land what is in it"),
        (rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07", "an archive. Land what is in it"),
        (PARQUET, "a Parquet file. Land it under a name that ends with .parquet"),
        (
            rb"ARROW1|ORC[^\t\n\r -~]|Obj\x01",
            "a table in a format that is not read. Export it as Parquet or as text",
        ),
        (
            rb"\xd0\xcf\x11\xe0",
            "a workbook of an old Excel, or one with a password. Save it as .xlsx without a "
            "password, or as text, and land that",
        ),
        (rb"%PDF", "a PDF document. Export the data as text"),
        (rb"\{\\rtf", "a document of a word processor. Export the data as text"),
        (rb"SQLite format 3", "an SQLite database. Export the table as text"),
        (
            rb"\s*(<!--.*?-->\s*)*<(!doctype html|(html|head|body|script|meta|table)[\s>])",
            "a web page, as one gets where a login has run out. Export it again",
        ),
        (
            rb"\s*(<\?xml|<[a-z][\w:.-]*>\s*<[a-z])",
            "an XML document. Export the data as text",
        ),
    )
)
_JSON = re.compile(rb'\s*(\[\s*)?\{\s*"[^"\n]*"\s*:')
_QUOTED = re.compile(rb'"[^"]*"')
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Encodings by how their files begin, the longer marks first."""
_WITHOUT_MARK = {
    "utf-16-le": re.compile(rb"([^\0]\0){8}"),
    "utf-16-be": re.compile(rb"(\0[^\0]){8}"),
}


def check_signature(path: Path, begins: bytes) -> None:
    """Refuse what is no text, by what it is.

    Args:
        begins: the first bytes, unpacked.

    Raises:
        FileRefused: says what the file is and what to do with it.
    """
    text = _as_utf8(begins, _encoding(begins) or "utf-8")
    for pattern, said in _SIGNS:
        if pattern.match(begins) or pattern.match(text):
            raise FileRefused(f"{path.name} is {said}.")


def check_gzip(path: Path, file: BufferedReader) -> None:
    """Refuse what is not packed under the name of a gzip file."""
    begins = file.peek(LOOKED_AT)[:LOOKED_AT]
    if not begins.startswith(GZIP):
        check_signature(path, begins)
        raise FileRefused(
            f"{path.name} is not packed, though its name ends with .gz. If it is whole, land it "
            "under a name without .gz."
        )


def check_container(path: Path, file: BufferedReader, sign: bytes) -> None:
    """Refuse what is another thing under the name of a workbook or a Parquet file.

    Args:
        sign: how such a file begins.
    """
    begins = file.peek(LOOKED_AT)[:LOOKED_AT]
    if begins.startswith(sign) and not _OPEN_DOCUMENT.match(begins):
        return
    if begins.startswith(GZIP):
        raise FileRefused(f"{path.name} is a gzip file. Unpack it, and land what is in it.")
    check_signature(path, begins)
    text = _as_utf8(begins, _encoding(begins) or "utf-8")
    if text.strip() and b"\0" not in text and b"\xef\xbf\xbd" not in text:
        raise FileRefused(
            f"{path.name} is text. Land it under the name of a text, such as one that ends with "
            f"{'.jsonl' if _JSON.match(text) else '.csv'}."
        )


def check_text(path: Path, begins: bytes, encoding: str) -> None:
    """Refuse text that is written in another way than the contract declares.

    Args:
        encoding: the one the contract declares.
    """
    found = _encoding(begins)
    if found and found[:6] != codecs.lookup(encoding).name[:6] and found != "utf-8":
        raise FileRefused(
            f"{path.name} is written in {found}. Declare `encoding: {found}` in the contract, or "
            f"export it in {encoding}."
        )
    text = _QUOTED.sub(b"", _as_utf8(begins, found or encoding))
    if b"\n" not in text and b"\r" in text.rstrip(b"\r"):
        raise carriage_returns(path)


def carriage_returns(path: Path) -> FileRefused:
    return FileRefused(
        f"{path.name} ends its lines with a carriage return alone, as old Mac programs do. "
        "Export it with line feeds, such as 'CSV (Windows)'."
    )


def is_json(begins: bytes) -> bool:
    """Does text begin like an object of JSON, or a list of them?"""
    return _JSON.match(begins) is not None


def _encoding(begins: bytes) -> str | None:
    for mark, name in _MARKS.items():
        if begins.startswith(mark):
            return name
    for name, pattern in _WITHOUT_MARK.items():
        if pattern.match(begins):
            return name
    return None


def _as_utf8(begins: bytes, encoding: str) -> bytes:
    """What can be read of it, without a byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(begins).removeprefix("\ufeff").encode("utf-8")
