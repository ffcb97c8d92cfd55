"""Put the database of a release back to what was published, after a client wrote into it.

Files of a release are read-only, but a DuckDB client of root's opens even those to write, and keeps
other readers out while it does. What such a client added is taken out, and a table it changed is
read again from the release's Parquet copy. Nothing else could have: readers notice the change.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.publish.errors import PublishError
from pipelines.publish.files import RELEASES, TEMPORARY, only_writer, seal, sha256, sync
from pipelines.publish.manifest import (
    DATABASE,
    WAL,
    Manifest,
    TableFacts,
    is_as_published,
    verify_copies,
)
from pipelines.publish.pointer import find_release, remember
from pipelines.publish.tables import facts_of
from pipelines.sql import literal, path


def heal(published: Path, release_id: str) -> list[str]:
    """Put a release's database back; what was changed in it, in words; nothing where it is whole.

    Raises:
        PublishError: another file of the release is damaged too, or the database cannot be read.
    """
    with only_writer(published):
        release = find_release(published, release_id)
        if is_as_published(release.path, release.manifest, thorough=True):
            return []
        verify_copies(release.path, release.manifest)
        work = published / RELEASES / f"{TEMPORARY}healing-{release_id}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            done = _mend(release.path, work / DATABASE, release.manifest)
            _put_back(release.path, work, release.manifest)
        except (duckdb.Error, OSError) as error:
            raise PublishError(
                f"release {release_id} cannot be healed: {error}. Roll back to another one, or "
                "publish again"
            ) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
        remember(published, "healed", release_id)
    return done or ["the file, not what it holds"]


def _mend(folder: Path, copy: Path, manifest: Manifest) -> list[str]:
    for name in (DATABASE, WAL):
        if (folder / name).exists():
            shutil.copyfile(folder / name, copy.with_name(name))
    with _opened_copy(copy) as connection:
        done = [*_drop_others(connection, manifest), *_restore(connection, folder, manifest)]
        connection.execute("checkpoint")
    return done


@contextmanager
def _opened_copy(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    # Attached, so that it keeps the storage version it was written with.
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(file)} as mended")
        connection.execute("use mended")
        yield connection
        connection.execute("use memory")
        connection.execute("detach mended")


def _drop_others(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Iterator[str]:
    """Take out tables, views and schemas that were not published."""
    known = {table.name for table in manifest.tables}
    for kind in ("view", "table"):
        found = connection.execute(
            f"select schema_name, {kind}_name from duckdb_{kind}s() "
            "where database_name = 'mended' and not internal order by all"
        ).fetchall()
        for schema, name in found:
            if f"{schema}.{name}" not in known:
                connection.execute(f"drop {kind} {path('mended', schema, name)}")
                yield f"{kind} {schema}.{name} was added and is gone"
    schemas = {table.schema_name for table in manifest.tables}
    found = connection.execute(
        "select schema_name from duckdb_schemas() "
        "where database_name = 'mended' and not internal and schema_name <> 'main' order by all"
    ).fetchall()
    for (schema,) in found:
        has_macros = connection.execute(
            "select count(*) from duckdb_functions() "
            "where database_name = 'mended' and schema_name = ? and not internal",
            [schema],
        ).fetchone()
        if schema not in schemas and not (has_macros and has_macros[0]):
            connection.execute(f"drop schema {path('mended', schema)}")
            yield f"schema {schema} was added and is gone"


def _restore(
    connection: duckdb.DuckDBPyConnection, folder: Path, manifest: Manifest
) -> Iterator[str]:
    """Read every table that is not as published from its Parquet copy."""
    for table in manifest.tables:
        if _is_same(connection, table):
            continue
        _read_again(connection, folder, table)
        if not _is_same(connection, table):
            raise OSError(f"{table.name} is not in its Parquet copy as it was published")
        yield f"table {table.name} was changed and is as published"


def _read_again(connection: duckdb.DuckDBPyConnection, folder: Path, table: TableFacts) -> None:
    target = path("mended", table.schema_name, table.table_name)
    source = f"read_parquet({literal(folder / table.parquet)})"
    try:
        # As long as the columns are its own, their comments are kept.
        connection.execute(f"delete from {target}")
        connection.execute(f"insert into {target} by name from {source}")
        if _is_same(connection, table):
            return
    except duckdb.Error:
        connection.execute(f"create schema if not exists {path('mended', table.schema_name)}")
    connection.execute(f"create or replace table {target} as from {source}")
    if table.comment:
        connection.execute(f"comment on table {target} is {literal(table.comment)}")


def _is_same(connection: duckdb.DuckDBPyConnection, table: TableFacts) -> bool:
    try:
        found = facts_of(connection, "mended", table.schema_name, table.table_name)
    except duckdb.Error:
        return False
    return (found.n_rows, found.content_hash, found.columns) == (
        table.n_rows,
        table.content_hash,
        table.columns,
    )


def _put_back(folder: Path, work: Path, manifest: Manifest) -> None:
    """Database, then manifest: cut off in between, the release is still in need of healing."""
    healed = manifest.model_copy(
        update={
            "database_sha256": sha256(work / DATABASE),
            "database_bytes": (work / DATABASE).stat().st_size,
        }
    )
    healed.write(work)
    seal(work)
    (folder / WAL).unlink(missing_ok=True)
    for name in (DATABASE, "manifest.json"):
        (work / name).replace(folder / name)
    sync(folder)
