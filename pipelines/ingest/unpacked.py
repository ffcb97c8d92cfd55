"""What a delivered file holds once it is unpacked, up to the limits of the company file.

A file of some kilobytes can unpack to any size; it is refused before that costs memory or hours.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.ingest.errors import FileRefused
from pipelines.ingest.files import opened
from pipelines.ingest.signature import LOOKED_AT, check_gzip, check_signature, check_text
from pipelines.settings import Limits

MOST_COLUMNS = 2000
"""The widest objects of the known systems have less than half of that."""
_BYTES_OF_A_VALUE = 8
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


@contextmanager
def unpacked(path: Path, limits: Limits, encoding: str | None = None) -> Iterator[io.RawIOBase]:
    """The bytes of a file of text, gzip or not.

    Args:
        encoding: the one the contract declares; None where none is, and who reads it finds out.

    Raises:
        FileRefused: it is no such text; or, while it is read, the gzip file is damaged or the text
            too large.
    """
    with opened(path) as file:
        is_gzip = path.name.endswith(".gz")
        if is_gzip:
            check_gzip(path, file)
        packed = gzip.GzipFile(fileobj=file) if is_gzip else file
        # What is damaged is told of by whoever reads it.
        with suppress(*_DAMAGED):
            begins = packed.peek(LOOKED_AT)[:LOOKED_AT]
            check_signature(path, begins)
            if encoding is not None:
                check_text(path, begins, encoding)
        yield _Limited(path, cast(BinaryIO, packed), limits)


class _Limited(io.RawIOBase):
    def __init__(self, path: Path, stream: BinaryIO, limits: Limits) -> None:
        self._path, self._stream, self._limit_gb = path, stream, limits.unpacked_gb
        self._n_left = _bytes(limits.unpacked_gb)

    def read(self, n_bytes: int = -1, /) -> bytes:
        try:
            data = self._stream.read(n_bytes)
        except _DAMAGED as error:
            raise FileRefused(
                f"{self._path.name} is a truncated gzip file ({error}). Land it again."
            ) from error
        self._n_left -= len(data)
        if self._n_left < 0:
            raise _too_large(self._path, "unpacked_gb", self._limit_gb)
        return data

    def readable(self) -> bool:
        return True

    def readinto(self, place: Any, /) -> int:
        data = self.read(len(place))
        place[: len(data)] = data
        return len(data)


def check_parquet(path: Path, file: BinaryIO, limits: Limits) -> None:
    """Refuse a Parquet file by what it says of itself, before anything of it is unpacked.

    Repeated values take next to no space in it, so that values are counted, not bytes alone.
    """
    try:
        found = pq.ParquetFile(file).metadata
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FileRefused(f"{path.name} is not a complete Parquet file ({error}).") from error
    finally:
        file.seek(0)
    if found.num_columns > MOST_COLUMNS:
        raise too_many_columns(path, found.num_columns)
    n_bytes = 0
    for group in range(found.num_row_groups):
        for column in range(found.num_columns):
            chunk = found.row_group(group).column(column)
            n_bytes += max(chunk.total_uncompressed_size, chunk.num_values * _BYTES_OF_A_VALUE)
    if n_bytes > _bytes(limits.parquet_gb):
        raise _too_large(path, "parquet_gb", limits.parquet_gb)


def check_texts(path: Path, frame: pl.DataFrame, limits: Limits) -> None:
    """Refuse a Parquet file whose texts, of which it keeps each once, are too large together."""
    sizes = frame.select(pl.col(pl.String).str.len_bytes().sum())
    if sizes.width and sum(sizes.row(0)) > _bytes(limits.parquet_gb):
        raise _too_large(path, "parquet_gb", limits.parquet_gb)


def check_workbook(path: Path, file: BinaryIO, limits: Limits) -> None:
    """Refuse a workbook whose parts are too large; none is read past the size it states."""
    try:
        with zipfile.ZipFile(file) as packed:
            n_bytes = sum(part.file_size for part in packed.infolist())
            is_one = "[Content_Types].xml" in packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileRefused(f"{path.name} is not a complete Excel workbook ({error}).") from error
    finally:
        file.seek(0)
    if not is_one:
        raise FileRefused(f"{path.name} is a zip file. Land what is in it.")
    if n_bytes > limits.workbook_mb * (1 << 20):
        raise FileRefused(
            f"{path.name} unpacks to {n_bytes / (1 << 20):,.0f} MB, more than "
            f"{limits.workbook_mb:g} MB. Deliver it as CSV, or raise `workbook_mb` under `limits` "
            "in the company file."
        )


def too_many_columns(path: Path, n_columns: int) -> FileRefused:
    return FileRefused(
        f"{path.name} has {n_columns:,} columns or more, and no more than {MOST_COLUMNS:,} are "
        "read. Fix the export."
    )


def _bytes(gigabytes: float) -> int:
    return int(gigabytes * (1 << 30))


def _too_large(path: Path, key: str, limit: float) -> FileRefused:
    return FileRefused(
        f"{path.name} unpacks to more than {limit:g} GB. If it is really that large, raise "
        f"`{key}` under `limits` in the company file; else fix the export."
    )
