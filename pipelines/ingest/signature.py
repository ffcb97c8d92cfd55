"""What a file is by its first bytes, where it is not the text that its name says.

A workbook or a packed file under the name of a CSV, or the page of a login that ran out: each would
be refused for its encoding or its columns, which is no help to whoever has to land it again.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.ingest.errors import FileRefused

LOOKED_AT = 4096
_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), said)
    for pattern, said in (
        (rb"\x1f\x8b", "a gzip file. Land it under a name that ends with .gz"),
        (
            rb"PK\x03\x04.*(\[Content_Types\]\.xml|xl/|_rels/)",
            "an Excel workbook. Land it under a name that ends with .xlsx, or save it as text",
        ),
        (rb"PK[\x03\x05]", "a zip file. Land what is in it"),
        (rb"PAR1", "a Parquet file. Land it under a name that ends with .parquet"),
        (
            rb"\xd0\xcf\x11\xe0",
            "a workbook of an old Excel. Save it as .xlsx, or as text, and land that",
        ),
        (rb"%PDF", "a PDF document. Export the data as text"),
        (rb"SQLite format 3", "an SQLite database. Export the table as text"),
        (
            rb"(\xef\xbb\xbf)?\s*<(!doctype html|html)",
            "a web page, as one gets where a login has run out. Export it again",
        ),
        (rb"(\xef\xbb\xbf)?\s*<\?xml", "an XML document. Export the data as text"),
    )
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def check_signature(path: Path, begins: bytes, encoding: str) -> None:
    """Refuse what is no text, by what it is.

    Args:
        begins: the first bytes, unpacked.
        encoding: the one the contract declares.

    Raises:
        FileRefused: says what the file is and what to do with it.
    """
    for pattern, said in _SIGNS:
        if pattern.match(begins):
            raise FileRefused(f"{path.name} is {said}.")
    if begins.startswith(_UTF_16) and not encoding.lower().replace("_", "-").startswith("utf-16"):
        raise FileRefused(
            f"{path.name} is written in utf-16. Declare `encoding: utf-16` in the contract, or "
            f"export it in {encoding}."
        )
    if b"\n" not in begins and b"\r" in begins.rstrip(b"\r"):
        raise FileRefused(
            f"{path.name} ends its lines with a carriage return alone, as old Mac programs do. "
            "Export it with line feeds, such as 'CSV (Windows)'."
        )
