"""Open a release to read, and ask it something.

A connection from here can read one release file and nothing else, whatever SQL it is given.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publish import PublishError, current, find_release
from pipelines.publish.manifest import DATABASE, require_as_published


class NoRelease(Exception):  # noqa: N818  # read as what it is: there is no release
    """There is nothing to read yet, or what there is cannot be read."""


class QueryError(Exception):
    """The query is wrong, or asks for more than reading this release."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query gave: column names and rows in the engine's own types."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def open_release(published: Path, release_id: str | None = None) -> duckdb.DuckDBPyConnection:
    """A connection that can read one release, the current one if none is named.

    Raises:
        NoRelease: nothing has been published, or not under that name; says what to run.
    """
    try:
        release = current(published) if release_id is None else find_release(published, release_id)
    except PublishError as error:
        raise NoRelease(f"{error}; `salesops releases` lists them") from error
    if release is None:
        raise NoRelease(f"nothing is published in {published} yet: `salesops run` publishes")
    try:
        require_as_published(release.path, release.manifest)
    except PublishError as error:
        raise NoRelease(f"{error}, or `salesops rollback` to another") from error
    # The real path, never the pointer: DuckDB keeps open files by path, so through the pointer a
    # second connection of this process could be given the release before.
    database = release.path / DATABASE
    try:
        return duckdb.connect(
            str(database),
            read_only=True,
            config={
                "enable_external_access": "false",
                "lock_configuration": "true",
                "autoinstall_known_extensions": "false",
                # By default large queries spill beside the file, which is inside the release.
                "temp_directory": str(Path(tempfile.gettempdir()) / f"salesops-{os.getpid()}"),
            },
        )
    except duckdb.Error as error:
        raise NoRelease(f"release {release.release_id} cannot be opened: {error}") from error


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> QueryResult:
    """Run one query and take its result whole.

    Raises:
        QueryError: there is no single query in `sql`, or the engine refuses it; says why.
    """
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise QueryError(f"expected one query, got {len(statements)}: ask one at a time")
        cursor = connection.execute(statements[0])
        columns = tuple(column[0] for column in cursor.description or ())
        return QueryResult(columns=columns, rows=cursor.fetchall())
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
