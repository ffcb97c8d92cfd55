"""Every public table as it was known on an earlier day, in a file of its own.

The raw log and the ledger of batches are copied out of the warehouse into a temporary one, dbt
builds and tests there with the variable `as_of`, and the public tables are written to the file the
caller names. Warehouse and releases are only read. A reader gets what a release of that day would
have held, by the definitions, configuration and spellings of today.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.ingest import enabled_rows, ensure_tables
from pipelines.ingest.reference import write_reference
from pipelines.private import FILE_MODE
from pipelines.publish import PublishError
from pipelines.publish.tables import OUT, copy_table, discover_tables, open_copier
from pipelines.quality.dbt_tests import results_from_run
from pipelines.quality.verdict import Verdict, decide
from pipelines.settings import Company, ConfigurationError
from pipelines.sql import literal, path
from pipelines.transform.dbt_project import DbtProject, TransformError
from pipelines.warehouse import WarehouseBusy, held, opened

_ORIGINAL = "original"
_INPUTS = (
    "select schema_name, table_name from duckdb_tables() where database_name = ? "
    "and (schema_name = 'raw' or (schema_name = 'control' and table_name = 'batches'))"
)


class AsOfRefused(PublishError):  # noqa: N818 - named as its sisters are
    """The tables of a day were not built, or a blocking test refused them; there is no file."""


@dataclass(frozen=True)
class AsOfBuild:
    """What was built."""

    file: Path
    as_of_on: date
    """The newest extract day on or before the day that was asked for."""
    n_tables: int
    n_rows: int
    verdict: Verdict
    """Of dbt's tests; Great Expectations is not asked."""


def build_as_of(company: Company, day: date, file: Path) -> AsOfBuild:
    """Build every public table as known at the end of `day` and write them to a new DuckDB file.

    Known is what extracts up to that day had delivered. Between two extract days that is what the
    earlier one brought, because nothing of the later one was there yet.

    Raises:
        ConfigurationError: nothing is loaded, the day lies before the first or after the newest
            extract, or the file exists.
        AsOfRefused: another run is writing the warehouse, a model could not be built, or a
            blocking test failed.
    """
    if file.exists():
        raise ConfigurationError(f"{file} exists already and is left alone: name a new file")
    if not file.parent.is_dir():
        raise ConfigurationError(f"folder {file.parent} does not exist: make it first")
    with TemporaryDirectory(prefix=".salesops_as_of_", dir=file.parent) as folder:
        scratch = Path(folder)
        paths = company.paths.model_copy(update={"warehouse": scratch / "warehouse"})
        copy = company.model_copy(update={"paths": paths})
        copy.paths.warehouse.mkdir()
        with _unchanging(company):
            as_of_on = _extract_day(company, day)
            _copy_inputs(company, copy)
        kept = company.paths.warehouse / "dbt_as_of"
        verdict, marts = _build(DbtProject(copy, as_of=day, keeps_in=kept))
        n_rows = _export(copy.warehouse_file, marts, scratch / "tables.duckdb")
        (scratch / "tables.duckdb").chmod(FILE_MODE)
        # On the same disk, so that the file appears whole or not at all.
        (scratch / "tables.duckdb").replace(file)
    return AsOfBuild(file, as_of_on, len(marts), n_rows, verdict)


@contextmanager
def _unchanging(company: Company) -> Iterator[None]:
    """Keep runs from writing to the warehouse while it is read."""
    if not company.warehouse_file.exists():
        raise ConfigurationError(
            f"nothing is loaded yet, {company.warehouse_file} does not exist: "
            f"salesops run --company {company.file}"
        )
    try:
        with held(company.warehouse_file, "salesops as-of"):
            yield
    except WarehouseBusy as busy:
        raise AsOfRefused(str(busy)) from busy


def _extract_day(company: Company, day: date) -> date:
    """The newest extract day on or before `day`."""
    with opened(company.warehouse_file, read_only=True) as connection:
        found = connection.execute(
            f"select distinct extract_on from {enabled_rows(company, 'batches')} "
            "where status = 'loaded' order by 1"
        ).fetchall()
    days: list[date] = [row[0] for row in found]
    if not days:
        raise ConfigurationError(
            f"nothing is loaded yet: salesops run --company {company.file}, then ask again"
        )
    if day < days[0]:
        raise ConfigurationError(
            f"nothing was known on {day}: the first of {len(days)} extracts is of {days[0]}. Ask "
            "for that day or a later one, or land an earlier extract"
        )
    if day > days[-1]:
        raise ConfigurationError(
            f"{day} is not known yet: the newest of {len(days)} extracts is of {days[-1]}. Ask for "
            "that day or an earlier one, or land the extract and run"
        )
    return max(known for known in days if known <= day)


def _copy_inputs(company: Company, copy: Company) -> None:
    """Everything dbt reads, into the temporary warehouse; cutting it is left to dbt."""
    with opened(copy.warehouse_file) as connection:
        connection.execute(f"attach {literal(company.warehouse_file)} as {_ORIGINAL} (read_only)")
        tables = connection.execute(_INPUTS, [_ORIGINAL]).fetchall()
        for schema, name in tables:
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create table {path(schema, name)} as from {path(_ORIGINAL, schema, name)}"
            )
        connection.execute(f"detach {_ORIGINAL}")
        # Objects of the contracts that were never delivered have no table to copy.
        ensure_tables(connection, copy)
        write_reference(connection, copy)


def _build(project: DbtProject) -> tuple[Verdict, set[tuple[str, str]]]:
    """Build and test; what the tests say, and (schema, table) of every mart."""
    try:
        outcome = project.build(full_refresh=True)
    except TransformError as error:
        raise AsOfRefused(str(error)) from error
    models = [run for run in outcome.result if run.node.resource_type != "test"]
    broken = [run for run in models if run.status == "error"]
    if broken:
        raise AsOfRefused(
            f"{len(broken)} of {len(models)} models could not be built (first: "
            f"{broken[0].node.name}): {broken[0].message}"
        )
    with opened(project.company.warehouse_file) as connection:
        tests = results_from_run(outcome.result, connection)
    verdict = decide([test.expected for test in tests], tests)
    if not verdict.may_publish:
        reasons = "\n".join(f"  {reason}" for reason in verdict.reasons)
        raise AsOfRefused(f"what was known on {project.as_of} does not pass its tests:\n{reasons}")
    marts = {(run.node.schema, run.node.name) for run in models if run.node.fqn[1] == "marts"}
    return verdict, marts


def _export(warehouse_file: Path, marts: Collection[tuple[str, str]], file: Path) -> int:
    """Write the marts with their comments to `file`; the number of their rows."""
    connection, source = open_copier(warehouse_file, file, file.parent / "spill")
    n_rows = 0
    with connection:
        for table in discover_tables(warehouse_file, {schema for schema, _ in marts}):
            if (table.schema, table.name) in marts:
                copy_table(connection, source, table)
                target = path(OUT, table.schema, table.name)
                counted = connection.execute(f"select count(*) from {target}").fetchone()
                n_rows += counted[0] if counted else 0
    return n_rows
