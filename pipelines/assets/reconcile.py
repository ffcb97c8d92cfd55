"""The last checks before a release: the build against itself, and against what readers have.

    reconciliations (quality.reconciliation)   two ways to one number, on the tables as they stand
    promises (publish.compare)                 columns, grain, rows, extracts of the current release
    restatements (publish.restatement)         what moved in closed periods since then, and why
    watches (quality.watch)                    what moved in open ones, and whether that is unusual

Restatements and watched changes are kept in `control` with the build and the release they were
measured from; the release takes them along only if readers still have that release.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import date, timedelta
from decimal import Decimal

import dagster as dg
import duckdb

from pipelines.assets.resources import Warehouse
from pipelines.assets.transform import as_check_result
from pipelines.clock import today
from pipelines.ingest import enabled_rows
from pipelines.publish import PublishError, Release, current, discover_tables
from pipelines.publish.compare import (
    CLOSED,
    PROMISES,
    Break,
    Promise,
    accepting,
    differences,
    expected_promises,
    judge,
)
from pipelines.publish.definitions import PREFIX, changed_since, load_definitions
from pipelines.publish.manifest import (
    DATABASE,
    ColumnFacts,
    InputBatch,
    TableFacts,
    require_as_published,
)
from pipelines.publish.restatement import (
    DOCUMENTS,
    NAMES,
    VIEWS,
    Redefined,
    Restatement,
    residuals,
    restatements,
)
from pipelines.quality.ledger import begin_build, record
from pipelines.quality.reconciliation import Reconciliation, load_reconciliations, reconcile
from pipelines.quality.results import CheckResult, ExpectedCheck
from pipelines.quality.unusual import Change
from pipelines.quality.unusual import judge as judge_changes
from pipelines.quality.watch import Days, watched
from pipelines.quality.watches import PREFIX as PREFIX_STATE
from pipelines.quality.watches import Watch, load_watches
from pipelines.settings import PROJECT_ROOT, Company, ConfigurationError
from pipelines.sql import literal, path
from pipelines.transform.dbt_project import entity_sources

FOLDER = PROJECT_ROOT / "expectations" / "reconciliations"
WATCHES = PROJECT_ROOT / "expectations" / "watches"
_FALLBACK = dg.AssetKey(["pipeline", "fct_opportunity"])
"""Where checks hang that are about no public table: the release waits for all of them there."""
EVENTS = frozenset({"late_data", "reversal"})
"""Causes that happen to deals, and not to the way they are counted."""
_SCHEMA = """
create schema if not exists control;
create or replace table control.restatement (
    build_id varchar, from_release varchar, metric varchar, scope_type varchar, scope_id varchar,
    period_start_on date, period_end_on date, cause varchar, old_value decimal(38, 4),
    new_value decimal(38, 4), delta_amount decimal(38, 4), n_deals bigint, deals varchar
);
create or replace table control.state_change (
    build_id varchar, from_release varchar, watch varchar, measure varchar, n_records bigint,
    n_changed bigint, changed_pct double, usual_pct double, limit_pct double, n_windows bigint,
    n_days bigint, is_unusual boolean, example varchar
);
create or replace table control.compared (build_id varchar, from_release varchar);
"""


@dataclass(frozen=True)
class ReleaseChecks:
    """The operation and what it has to answer."""

    definition: dg.AssetChecksDefinition
    expected: tuple[ExpectedCheck, ...]


def build_release_checks(
    company: Company,
    public_tables: Collection[tuple[str, str]],
    grains: Mapping[str, tuple[str, ...]],
) -> ReleaseChecks:
    """One operation for all of them, with one asset check each."""
    _require_known_definitions(company)
    sources = entity_sources(company)
    chosen = load_reconciliations(FOLDER, sources)
    specs = {each.check_id: _spec(each, public_tables) for each in chosen}
    specs |= {each.check_id: _promise_spec(each) for each in PROMISES}
    watches = load_watches(WATCHES, {f"{schema}.{name}" for schema, name in public_tables})
    specs |= {each.check_id: _watch_spec(each) for each in watches}

    @dg.multi_asset_check(name="reconciliations", specs=list(specs.values()), pool="warehouse")
    def reconciliations(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        with warehouse.connect() as connection:
            results = reconcile(
                connection,
                chosen,
                sources,
                enabled=company.sources,
                today=today(warehouse.company),
            )
            results += compare(
                connection, warehouse.company, context.run.run_id, public_tables, grains
            )
            begin_build(
                connection, context.run.run_id, "nothing", continues=context.run.parent_run_id
            )
            record(connection, context.run.run_id, results)
        for result in results:
            spec = specs[result.check_id]
            yield as_check_result(result, spec.asset_key, spec.name)

    expected = (
        *(each.expected for each in chosen),
        *expected_promises(),
        *(each.expected for each in watches),
    )
    return ReleaseChecks(reconciliations, expected)


def _require_known_definitions(company: Company) -> None:
    """Refuse the acceptance of a change of definition that nobody knows: it is misspelt."""
    accepted = [each.change for each in company.accepted_changes if each.change.startswith(PREFIX)]
    if not accepted:
        return
    before = current(company.paths.published)
    known = {each.change for each in load_definitions()}
    known |= {PREFIX + name for name in (before.manifest.definitions if before else ())}
    for change in accepted:
        if change not in known:
            raise ConfigurationError(
                f"company file {company.file}: accepted_changes names {change}, which is not a "
                f"change of definition; known are: {', '.join(sorted(known)) or 'none'}"
            )


def _spec(each: Reconciliation, public_tables: Collection[tuple[str, str]]) -> dg.AssetCheckSpec:
    schema, name = each.table.split(".")
    is_public = (schema, name) in public_tables
    return dg.AssetCheckSpec(
        name=each.name,
        asset=dg.AssetKey([schema, name]) if is_public else _FALLBACK,
        description=each.why,
        blocking=each.severity == "block",
    )


def _promise_spec(promise: Promise) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=promise.name, asset=_FALLBACK, description=promise.why, blocking=True
    )


def _watch_spec(each: Watch) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=f"watch_{each.name}",
        asset=dg.AssetKey(each.table.split(".")),
        description=each.why,
        # What is unusual warns; above the company's limit the verdict refuses it.
        blocking=False,
    )


def compare(
    connection: duckdb.DuckDBPyConnection,
    company: Company,
    build_id: str,
    public_tables: Collection[tuple[str, str]],
    grains: Mapping[str, tuple[str, ...]],
) -> list[CheckResult]:
    """Hold the build against the current release and keep what moved in closed periods."""
    before = current(company.paths.published)
    connection.execute(_SCHEMA)
    watches = load_watches(WATCHES, {f"{schema}.{name}" for schema, name in public_tables})
    if before is None:
        connection.execute("insert into control.compared values (?, null)", [build_id])
        nothing = [judge_changes(watch, [], (), None) for watch in watches]
        return [*judge([], company.accepted_changes, date.min), *nothing]
    as_of_on = connection.execute("select as_of_on from core.core_latest_extract").fetchone()
    as_of = as_of_on[0] if as_of_on and as_of_on[0] else before.as_of_on
    try:
        require_as_published(before.path, before.manifest)
    except PublishError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    known = load_definitions()
    since = Redefined(changed_since(before.manifest, known), before.as_of_on)
    with _released(connection, before):
        moved = _restatements(connection, company, before, since)
        changes = watched(
            connection,
            watches,
            "released",
            company.warehouse_file.stem,
            Days(released=before.as_of_on, built=as_of),
        )
    _keep(connection, build_id, before.release_id, moved)
    _keep_changes(connection, build_id, before.release_id, changes)
    tables = _tables(connection, public_tables, grains)
    breaks = [
        *differences(before.manifest, tables, _batches(connection, company), known),
        *_moved_too_far(company, moved, since),
    ]
    return [
        *judge(breaks, company.accepted_changes, as_of),
        *(_watched(company, watch, changes, as_of) for watch in watches),
    ]


@contextmanager
def _released(connection: duckdb.DuckDBPyConnection, before: Release) -> Iterator[None]:
    connection.execute(f"attach {literal(before.path / DATABASE)} as released (read_only)")
    try:
        yield
    finally:
        # What was made of the release has to go before it can be detached.
        for view in VIEWS:
            connection.execute(f"drop view if exists temp.{view}")
        connection.execute("detach released")


def _restatements(
    connection: duckdb.DuckDBPyConnection, company: Company, before: Release, since: Redefined
) -> list[Restatement]:
    closed_before = before.as_of_on - timedelta(days=company.policies.closes_after_days)
    moved = restatements(connection, "released", company.warehouse_file.stem, closed_before, since)
    if unexplained := residuals(moved):
        first = unexplained[0]
        raise dg.Failure(
            f"{len(unexplained)} restated totals do not add up to their causes (first: "
            f"{first.metric} of {first.scope_id}, {first.period_start_on}); this is a defect of "
            "the warehouse: report it",
            allow_retries=False,
        )
    return moved


def _watched(
    company: Company, watch: Watch, changes: Collection[Change], today: date
) -> CheckResult:
    theirs = [each for each in changes if each.watch == watch.name]
    accepted = [
        each.measure
        for each in theirs
        if accepting(f"{PREFIX_STATE}{watch.name}.{each.measure}", company.accepted_changes, today)
    ]
    return judge_changes(watch, theirs, accepted, company.policies.open_state_block_pct)


def _keep_changes(
    connection: duckdb.DuckDBPyConnection,
    build_id: str,
    release_id: str,
    changes: Collection[Change],
) -> None:
    for each in changes:
        connection.execute(
            "insert into control.state_change select ?, ?, unnest(?, recursive := true)",
            [build_id, release_id, asdict(each)],
        )


def _keep(
    connection: duckdb.DuckDBPyConnection,
    build_id: str,
    release_id: str,
    moved: Sequence[Restatement],
) -> None:
    connection.execute("insert into control.compared values (?, ?)", [build_id, release_id])
    if not moved:
        return
    lists = ", ".join("unnest(?)" for _ in NAMES)
    columns = [list(column) for column in zip(*(astuple(row) for row in moved), strict=True)]
    connection.execute(
        f"insert into control.restatement (build_id, from_release, {', '.join(NAMES)}) "
        f"select ?, ?, {lists}",
        [build_id, release_id, *columns],
    )


def _moved_too_far(
    company: Company, moved: Sequence[Restatement], since: Redefined
) -> Iterator[Break]:
    """Totals of the company in closed periods that moved more than they may.

    A deal that is reversed, or was booked late, is business and is told; a closed period that moves
    because somebody edited it, or counts it in another way, has to be meant. What a change of
    definition moved is meant when the definition is accepted, which is asked for by its own check.
    Documents are told of and not judged: invoices of a closed quarter come and go for months.
    """
    policies = company.policies
    tolerance = Decimal(str(policies.closed_period_tolerance_pct))
    for_events = Decimal(str(policies.closed_period_event_pct))
    totals: dict[tuple[str, date], list[Restatement]] = {}
    for row in moved:
        if row.scope_type == "company" and row.metric not in DOCUMENTS:
            totals.setdefault((row.metric, row.period_start_on), []).append(row)
    for (metric, start), rows in totals.items():
        old, new = rows[0].old_value, rows[0].new_value
        by_event = sum(abs(row.delta_amount) for row in rows if row.cause in EVENTS)
        meant = {"definition"} if since.moved(metric) else set()
        otherwise = sum(abs(row.delta_amount) for row in rows if row.cause not in EVENTS | meant)
        if by_event <= abs(old) * for_events and otherwise <= abs(old) * tolerance:
            continue
        causes = ", ".join(
            f"{row.cause} {row.delta_amount:+,.0f} ({row.n_deals}, such as "
            f"{row.deals.split(',')[0]})"
            for row in rows
        )
        what = f"{metric} of the period from {start} was {old:,.0f} and is {new:,.0f}: {causes}"
        yield Break(CLOSED, f"{metric}/{start}", what)


def _tables(
    connection: duckdb.DuckDBPyConnection,
    public_tables: Collection[tuple[str, str]],
    grains: Mapping[str, tuple[str, ...]],
) -> list[TableFacts]:
    """The public tables as built, without hashes."""
    found = discover_tables(connection, {schema for schema, _ in public_tables})
    facts = []
    for table in found:
        if (table.schema, table.name) not in public_tables:
            continue
        name = path(table.schema, table.name)
        columns = connection.execute(f"describe {name}").fetchall()
        counted = connection.execute(f"select count(*) from {name}").fetchone()
        facts.append(
            TableFacts(
                schema_name=table.schema,
                table_name=table.name,
                n_rows=counted[0] if counted else 0,
                content_hash="",
                columns=tuple(ColumnFacts(name=row[0], type=row[1]) for row in columns),
                grain=grains.get(f"{table.schema}.{table.name}", ()),
            )
        )
    return facts


def _batches(connection: duckdb.DuckDBPyConnection, company: Company) -> list[InputBatch]:
    rows = connection.execute(
        "select cast(batch_id as varchar), source, object, extract_on "
        f"from {enabled_rows(company, 'batches')} where status = 'loaded'"
    ).fetchall()
    return [
        InputBatch(batch_id=row[0], source=row[1], object=row[2], extract_on=row[3]) for row in rows
    ]
