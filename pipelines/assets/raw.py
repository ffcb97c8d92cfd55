"""The raw log as Dagster assets: one per object of every enabled source.

Each source is one operation that brings its tables in line with the landing folder. The delivered
files are assets of their own (`landing/<source>/<object>`), partitioned by extract day, so that
the UI shows which days of which object are loaded and which are missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
import duckdb

from pipelines.assets.resources import Warehouse
from pipelines.clock import shown_today, today
from pipelines.contracts import Contract, load_contract
from pipelines.ingest import (
    BatchResult,
    IngestError,
    MissedDay,
    load,
    missed_days,
    write_missed_days,
)
from pipelines.ingest.files import printable
from pipelines.ingest.reference import write_reference
from pipelines.quality.ledger import begin_build, record
from pipelines.quality.results import CheckResult, ExpectedCheck
from pipelines.settings import Company

SHOWN_REJECTS = 20
EXTRACT_DAYS = dg.DynamicPartitionsDefinition(name="extract_day")
REFERENCE_KEYS = tuple(
    dg.AssetKey(["config", name])
    for name in ("company", "fiscal_period", "calendar_day", "alias", "stage", "opportunity_type")
)


def raw_key(source: str, name: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", source, name])


def landing_key(source: str, name: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", source, name])


def expected_loads(company: Company) -> list[ExpectedCheck]:
    """Every object of an enabled source must have been loaded, or found unchanged; a source should
    not have stopped coming nor have rejected rows, and one with a rhythm have come on every day."""
    loads = [
        ExpectedCheck(_load_check_id(source, name), "block")
        for source in company.sources
        for name in load_contract(source).objects
    ]
    others = [
        ExpectedCheck(check_id(source), "warn")
        for source in company.sources
        for check_id in (_fresh_check_id, _reject_check_id)
    ]
    rhythms = [
        ExpectedCheck(_rhythm_check_id(source), "warn")
        for source, choice in company.sources.items()
        if choice.every
    ]
    return [*loads, *others, *rhythms]


def build_reference_assets() -> dg.AssetsDefinition:
    """The company file and its reference data as tables."""

    @dg.multi_asset(
        name="load_config",
        specs=[
            dg.AssetSpec(
                key,
                group_name="config",
                kinds={"duckdb"},
                owners=["team:revops"],
                description=f"The company file's {key.path[-1].replace('_', ' ')} as a table.",
            )
            for key in REFERENCE_KEYS
        ],
        pool="warehouse",
    )
    def load_config(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any]]:
        """Write the company file and its reference folder into schema `config`."""
        with warehouse.connect() as connection:
            begin_build(connection, context.run.run_id, "raw", continues=context.run.parent_run_id)
            counts = write_reference(connection, warehouse.company)
        for key in REFERENCE_KEYS:
            yield dg.MaterializeResult(
                asset_key=key, metadata={"dagster/row_count": counts[key.path[-1]]}
            )

    return load_config


def build_landing_specs(company: Company) -> list[dg.AssetSpec]:
    """The delivered files, one asset per object, partitioned by extract day."""
    return [
        dg.AssetSpec(
            landing_key(source, name),
            group_name="landing",
            kinds={"file"},
            owners=[contract.owner],
            description=f"Extract files of {source} {name}, exactly as delivered.",
            partitions_def=EXTRACT_DAYS,
        )
        for source, contract in _contracts(company).items()
        for name in contract.objects
    ]


def build_raw_assets(company: Company) -> list[dg.AssetsDefinition]:
    """One loading operation per enabled source."""
    return [_source_assets(source, contract) for source, contract in _contracts(company).items()]


def _contracts(company: Company) -> dict[str, Contract]:
    return {source: load_contract(source) for source in company.sources}


def _source_assets(source: str, contract: Contract) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"load_{source}",
        specs=[_raw_spec(source, name, contract) for name in contract.objects],
        check_specs=[_fresh_spec(source, name) for name in contract.objects],
        pool="warehouse",
    )
    def load_source(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        with warehouse.connect() as connection:
            begin_build(connection, context.run.run_id, "raw", continues=context.run.parent_run_id)
            batches: list[BatchResult] = []
            try:
                batches = load(connection, warehouse.company, source)
            except IngestError as error:
                raise dg.Failure(str(error), allow_retries=False) from error
            results = load_results(connection, warehouse.company, source, batches)
            record(connection, context.run.run_id, results)
            missed = missed_days(warehouse.company, source)
            write_missed_days(connection, source, missed)
            every = warehouse.company.sources[source].every
            if every is not None:
                result = _rhythm_result(source, contract, every, missed)
                record(connection, context.run.run_id, [result])
            _show_batches(context, source, batches)
            _refuse_failed(batches)
            for name in contract.objects:
                counted = connection.execute(
                    f'select count(*) from raw."{source}__{name}"'
                ).fetchone()
                yield dg.MaterializeResult(
                    asset_key=raw_key(source, name),
                    metadata={
                        "dagster/row_count": counted[0] if counted else 0,
                        **_batch_metadata([b for b in batches if b.object == name]),
                        **_reject_metadata(connection, source, name),
                        **_missed_metadata([each for each in missed if each.object == name]),
                    },
                )
            ages = {age.object: age for age in ages_of(warehouse.company, contract, batches)}
            for name in contract.objects:
                yield _fresh_event(source, name, ages.get(name))

    return load_source


def _raw_spec(source: str, name: str, contract: Contract) -> dg.AssetSpec:
    described = contract.objects[name]
    return dg.AssetSpec(
        raw_key(source, name),
        deps=[landing_key(source, name)],
        group_name="raw",
        kinds={"duckdb", "polars"},
        owners=[contract.owner],
        description=f"{described.description} One row per version of a record.",
        metadata={
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(column.name, column.type, description=column.description)
                    for column in described.columns
                    if column.load
                ]
            ),
            "dagster/table_name": f"raw.{source}__{name}",
        },
    )


def _load_check_id(source: str, name: str) -> str:
    return f"load.{source}.{name}"


def load_results(
    connection: duckdb.DuckDBPyConnection, company: Company, source: str, batches: list[BatchResult]
) -> list[CheckResult]:
    """One check per object: did every batch of it load? And of all: do they come, and whole?"""
    contract = load_contract(source)
    failed = {batch.object: batch for batch in batches if batch.status == "failed"}
    loads = [
        CheckResult(
            check_id=_load_check_id(source, name),
            kind="load",
            asset=f"raw.{source}__{name}",
            severity="block",
            owner=contract.owner,
            why="Numbers made from half an extract are wrong without looking wrong.",
            # A batch that was refused says itself what to do.
            next_step="" if name in failed else "Fix the export and land it again.",
            status="fail" if name in failed else "pass",
            n_failed=failed[name].n_rejected if name in failed else None,
            example=failed[name].message if name in failed else None,
        )
        for name in contract.objects
    ]
    return [
        *loads,
        _fresh_result(company, source, contract, batches),
        _reject_result(connection, source, contract, batches),
    ]


@dataclass(frozen=True)
class Age:
    """How long ago the newest extract of an object was taken."""

    object: str
    newest_on: date
    days: int
    limit: int
    """Days after which it is late."""

    @property
    def is_late(self) -> bool:
        return self.days > self.limit

    def __str__(self) -> str:
        return f"{self.object}: newest of {self.newest_on}, {self.days:,} days ago"


def ages_of(company: Company, contract: Contract, batches: list[BatchResult]) -> list[Age]:
    """The ages of the objects that have ever come, today, the oldest first.

    An object of which the contract does not say how often it comes may rest as long as others of
    its source keep coming.
    """
    newest: dict[str, date] = {}
    for batch in batches:
        newest[batch.object] = max(newest.get(batch.object, batch.extract_on), batch.extract_on)
    found = []
    for name, day in newest.items():
        limit = contract.objects[name].freshness_days
        counted = max(newest.values()) if limit is None else day
        days = (today(company) - counted).days
        found.append(Age(name, counted, days, limit or company.policies.silent_after_days))
    return sorted(found, key=lambda age: (-age.days, age.object))


def _fresh_check_id(source: str) -> str:
    return f"fresh.{source}"


def _fresh_result(
    company: Company, source: str, contract: Contract, batches: list[BatchResult]
) -> CheckResult:
    late = [age for age in ages_of(company, contract, batches) if age.is_late]
    return CheckResult(
        check_id=_fresh_check_id(source),
        kind="load",
        asset=f"raw.{source}",
        severity="warn",
        owner=contract.owner,
        why="Numbers stand still where nothing comes, and look like a quiet week.",
        next_step="Ask the owner of the source for the extracts since then and land them.",
        status="fail" if late else "pass",
        n_failed=len(late) or None,
        observed=f"{len(late)} objects are late, {shown_today(company)}" if late else None,
        example=str(late[0]) if late else None,
    )


def _reject_check_id(source: str) -> str:
    return f"rejects.{source}"


def _reject_result(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    contract: Contract,
    batches: list[BatchResult],
) -> CheckResult:
    """Rows that are missing because the contract's limit lets them be: never silently."""
    counts: dict[str, tuple[int, int]] = {}
    for batch in batches:
        if batch.status != "failed" and batch.n_rejected:
            n_rejected, n_read = counts.get(batch.object, (0, 0))
            counts[batch.object] = (n_rejected + batch.n_rejected, n_read + batch.n_read)
    n_all = sum(n_rejected for n_rejected, _ in counts.values())
    shares = [f"{n:,} of {read:,} rows of {name}" for name, (n, read) in sorted(counts.items())]
    return CheckResult(
        check_id=_reject_check_id(source),
        kind="load",
        asset=f"raw.{source}",
        severity="warn",
        owner=contract.owner,
        why="Rejected rows are in no number: what they would have said is missing.",
        next_step=(
            "Fix the export and land it again with --replace; the report and meta.reject_summary "
            "list every rule with an example."
        ),
        status="fail" if n_all else "pass",
        n_failed=n_all or None,
        observed="; ".join(shares) or None,
        example=_reject_example(connection, source, sorted(counts)) if n_all else None,
    )


def _reject_example(
    connection: duckdb.DuckDBPyConnection, source: str, objects: list[str]
) -> str | None:
    """The first rejected row of the newest extract day."""
    row = connection.execute(
        "select file, line, column_name, value, message from control.rejects "
        "where source = ? and list_contains(?, object) "
        "order by extract_on desc, file, line limit 1",
        [source, objects],
    ).fetchone()
    if row is None:
        return None
    file, line, column, value, message = row
    place = f"{file} line {line}" + (f" column {column}" if column else "")
    shown = "" if value is None else f" '{value}'"
    return printable(f"{place}{shown}: {message}")


def _fresh_spec(source: str, name: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "fresh",
        asset=raw_key(source, name),
        description="The newest extract is not older than the contract and the company file allow.",
    )


def _fresh_event(source: str, name: str, age: Age | None) -> dg.AssetCheckResult:
    """How old the object is today; one that never came is not late."""
    metadata: dict[str, Any] = {}
    if age is not None:
        metadata = {
            "newest extract": str(age.newest_on), "days ago": age.days, "late after": age.limit
        }  # fmt: skip
    return dg.AssetCheckResult(
        asset_key=raw_key(source, name),
        check_name="fresh",
        passed=age is None or not age.is_late,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _rhythm_check_id(source: str) -> str:
    return f"delivered.{source}"


def _rhythm_result(
    source: str, contract: Contract, every: str, missed: list[MissedDay]
) -> CheckResult:
    first = min(missed, key=lambda each: each.day) if missed else None
    return CheckResult(
        check_id=_rhythm_check_id(source),
        kind="load",
        asset=f"raw.{source}",
        severity="warn",
        owner=contract.owner,
        why=f"It delivers every {every}; changes of a missed day are dated too late.",
        next_step="Ask for the extract of that day and land it; it is loaded in its place.",
        status="fail" if first else "pass",
        n_failed=len(missed) or None,
        example=f"{first.object} of {first.day}" if first else None,
    )


def _show_batches(
    context: dg.AssetExecutionContext, source: str, batches: list[BatchResult]
) -> None:
    """Mark the extract days this run loaded on the landing assets."""
    loaded = [batch for batch in batches if batch.status == "loaded"]
    if loaded:
        context.instance.add_dynamic_partitions(
            "extract_day", sorted({str(batch.extract_on) for batch in loaded})
        )
    for batch in loaded:
        context.log_event(
            dg.AssetMaterialization(
                landing_key(source, batch.object),
                partition=str(batch.extract_on),
                metadata=_batch_metadata([batch]),
            )
        )


def _batch_metadata(batches: list[BatchResult]) -> dict[str, int]:
    return {
        "batches": len(batches),
        "rows read": sum(batch.n_read for batch in batches),
        "rows accepted": sum(batch.n_accepted for batch in batches),
        "rows rejected": sum(batch.n_rejected for batch in batches),
    }


def _reject_metadata(
    connection: duckdb.DuckDBPyConnection, source: str, name: str
) -> dict[str, dg.TableMetadataValue]:
    """The rejected rows of an object's newest extract days, for the asset's page."""
    found = connection.execute(
        "select cast(extract_on as varchar), file, line, column_name, rule, value "
        "from control.rejects where source = ? and object = ? "
        "order by extract_on desc, file, line limit ?",
        [source, name, SHOWN_REJECTS],
    ).fetchall()
    if not found:
        return {}
    columns = ("extract day", "file", "line", "column", "rule", "value")
    records = [
        dg.TableRecord(dict(zip(columns, ("" if v is None else v for v in row), strict=True)))
        for row in found
    ]
    schema = dg.TableSchema([dg.TableColumn(column) for column in columns])
    return {"rejected": dg.MetadataValue.table(records, schema=schema)}


def _missed_metadata(missed: list[MissedDay]) -> dict[str, str]:
    if not missed:
        return {}
    shown = ", ".join(str(each.day) for each in missed[:SHOWN_REJECTS])
    return {"missed extract days": f"{len(missed)}: {shown}"}


def _refuse_failed(batches: list[BatchResult]) -> None:
    failed = [batch for batch in batches if batch.status == "failed"]
    if failed:
        raise dg.Failure("\n".join(str(batch.message) for batch in failed), allow_retries=False)
