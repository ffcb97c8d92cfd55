"""The release as a Dagster asset: judge this build, then publish it or say why not.

Verdict and publishing are decided elsewhere (`quality.verdict`, `publish`); this module collects
what they need: the build's check results, the public tables, and the numbers of the report.
"""

import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipelines.assets.resources import Warehouse
from pipelines.clock import shown_today, today
from pipelines.contracts import load_entities
from pipelines.ingest import enabled_rows
from pipelines.publish import (
    InputBatch,
    PublishError,
    RejectCount,
    Release,
    ReleaseInfo,
    TableFacts,
    current,
    discover_tables,
    make_release_id,
    prune,
    publish,
)
from pipelines.publish.definitions import load_definitions
from pipelines.publish.manifest import DATABASE
from pipelines.publish.restatement import NAMES, Restatement
from pipelines.quality import (
    BatchRow,
    ExpectedCheck,
    FreshnessRow,
    Headline,
    OpenStateRow,
    RejectRow,
    ReportData,
    RestatementRow,
    Series,
    TableRow,
    Verdict,
    decide,
    write_report,
)
from pipelines.quality.ledger import begin_build, current_build, results_of
from pipelines.quality.unusual import Change
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.sql import literal
from pipelines.transform.dbt_project import entity_sources
from pipelines.transform.macros import MACROS

SHOWN_DEALS = 3
"""Deals the report names behind a restatement."""
RELEASE_KEY = dg.AssetKey(["published", "release"])


@dataclass(frozen=True)
class Question:
    """One number of the report, as a query on the marts."""

    label: str
    sql: str
    note: str
    is_fraction: bool = False


HEADLINES = (
    Question(
        "Bookings, all time",
        "select sum(amount) from pipeline.fct_opportunity where status = 'won'",
        "Won and not reversed, at plan rate (M1)",
    ),
    Question(
        "Open pipeline",
        "select sum(amount) from pipeline.fct_opportunity where status = 'open'",
        "All open deals with an amount (M17)",
    ),
    Question(
        "Weighted pipeline",
        "select sum(weighted_amount) from pipeline.fct_pipeline_snapshot where is_latest",
        "Amount times the CRM's probability (M18)",
    ),
    Question(
        "Attainment of closed quota periods",
        "select sum(credit_amount) / nullif(sum(quota_amount), 0) "
        "from attainment.fct_quota_attainment "
        "where attainment_state = 'closed' and measure = 'bookings'",
        "Credit over quota, direct credit only (M8)",
        is_fraction=True,
    ),
    Question(
        "Win rate",
        "select sum(n_won) / nullif(sum(n_closed), 0) from pipeline.fct_win_rate "
        "where node_type = 'company' and not is_left_truncated",
        "Won over closed deals, by count (M32), of quarters that are wholly on record",
        is_fraction=True,
    ),
)


_QUARTERS = (
    "select 'Q' || p.period_number || ' FY' || (p.fiscal_year % 100) as quarter, {value} "
    "from shared.dim_fiscal_period as p inner join {table} where p.period_type = 'quarter' "
    "and p.period_start_on <= ? group by p.period_start_on, quarter "
    "order by p.period_start_on desc limit 9"
)
SERIES: tuple[tuple[str, str, bool, bool], ...] = (
    (
        "Bookings by fiscal quarter",
        "from ("
        + _QUARTERS.format(
            value="sum(d.amount) as value, p.period_start_on as starts_on",
            table="pipeline.fct_opportunity as d on d.status = 'won' "
            "and d.closed_on >= p.period_start_on and d.closed_on < p.period_end_on",
        )
        + ") select quarter, value order by starts_on",
        False,
        False,
    ),
    (
        "Open pipeline by week",
        "select strftime(snapshot_on, '%d %b %y'), sum(amount) from pipeline.fct_pipeline_snapshot "
        "where is_weekly and snapshot_on > cast(? as date) - 366 group by snapshot_on "
        "order by snapshot_on",
        False,
        True,
    ),
    (
        "Attainment of closed periods",
        "select strftime(period_start_on, '%b %y'), sum(credit_amount) / nullif(sum(quota_amount), "
        "0) from attainment.fct_quota_attainment where measure = 'bookings' "
        "and attainment_state = 'closed' and period_end_on <= cast(? as date) + 1 "
        "group by period_start_on order by period_start_on",
        True,
        False,
    ),
)
"""Title, query (label and value in order, given the last day), and what is drawn."""


@dataclass(frozen=True)
class Contents:
    """What goes into the release besides the tables, read from the warehouse."""

    as_of_on: date
    numbers: list[Headline]
    series: list[Series]
    missed: dict[str, int]
    """Missed extract days by source."""
    batches: list[InputBatch]
    rejects: list[RejectCount]
    compared_with: str | None
    """Release that readers had when the build was held against it."""
    restated: list[Restatement]
    """What moved in closed periods since then."""
    changes: list[Change]
    """What moved in open state since then."""


def build_release_asset(
    company: Company,
    *,
    marts: Sequence[dg.AssetKey],
    public_tables: Collection[tuple[str, str]],
    grains: Mapping[str, tuple[str, ...]],
    expected: Collection[ExpectedCheck],
) -> dg.AssetsDefinition:
    """The asset that depends on every mart and puts out the release."""

    @dg.asset(
        key=RELEASE_KEY,
        deps=list(marts),
        group_name="release",
        kinds={"duckdb", "parquet"},
        owners=["team:revops"],
        description=f"The published release of {company.name}: all public tables, or none.",
        pool="warehouse",
    )
    def release(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> dg.MaterializeResult[Any]:
        with warehouse.connect() as connection:
            begin_build(
                connection, context.run.run_id, "nothing", continues=context.run.parent_run_id
            )
            build_id = current_build(connection)
            verdict = decide(expected, results_of(connection, context.run.run_id))
            if build_id != context.run.run_id or not verdict.may_publish:
                refusal = _refusal(verdict, is_this_build=build_id == context.run.run_id)
                raise dg.Failure(refusal, allow_retries=False)
            contents = _contents(connection, warehouse.company)
        try:
            published = _publish(
                warehouse.company, verdict, context.run.run_id, contents, public_tables, grains
            )
        except PublishError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(
            metadata={
                "release": published.release_id,
                "folder": dg.MetadataValue.path(str(published.path)),
                "verdict": verdict.decision,
                "checks passed": len(verdict.passed),
                "checks warned": len(verdict.warned),
            }
        )

    return release


def _refusal(verdict: Verdict, *, is_this_build: bool) -> str:
    if not is_this_build:
        return (
            "the warehouse does not hold a build of this run: materialise everything in one run, "
            "so that checks and release speak of the same build"
        )
    reasons = list(verdict.reasons)
    if verdict.not_run:
        reasons.append(
            "materialise everything in one run; a failed run is taken up where it failed only if "
            "nothing else was written since"
        )
    return "release refused:\n" + "\n".join(f"  {reason}" for reason in reasons)


def _publish(
    company: Company,
    verdict: Verdict,
    build_id: str,
    contents: Contents,
    public_tables: Collection[tuple[str, str]],
    grains: Mapping[str, tuple[str, ...]],
) -> Release:
    before = current(company.paths.published)
    if (before.release_id if before else None) != contents.compared_with:
        raise PublishError(
            f"readers had release {contents.compared_with} when the build was held against it and "
            f"have {before.release_id if before else None} now: run again"
        )
    now = datetime.now(UTC)
    info = ReleaseInfo(
        release_id=make_release_id(now, build_id),
        company=company.name,
        build_id=build_id,
        verdict=verdict,
        verdict_build_id=build_id,
        created_at=now,
        code_commit=_code_commit(),
        currency=company.currency,
        time_zone=company.time_zone,
        as_of_on=contents.as_of_on,
        definitions=tuple(each.name for each in load_definitions()),
    )

    def report(path: Path, tables: Sequence[TableFacts]) -> None:
        write_report(path, _report_data(company, info, contents, tables, before))

    published = publish(
        company.paths.published,
        company.warehouse_file,
        release=info,
        # Only what the project defines today: a mart that was removed leaves its table behind.
        tables=[
            replace(table, grain=grains.get(f"{table.schema}.{table.name}", ()))
            for table in discover_tables(
                company.warehouse_file, {schema for schema, _ in public_tables}
            )
            if (table.schema, table.name) in public_tables
        ],
        report=report,
        batches=contents.batches,
        rejects=contents.rejects,
        macros=MACROS,
        restated=contents.restated,
        changes=contents.changes,
    )
    prune(
        company.paths.published,
        company.policies.keep_releases,
        timedelta(hours=company.policies.release_grace_hours),
    )
    return published


def _report_data(
    company: Company,
    info: ReleaseInfo,
    contents: Contents,
    tables: Sequence[TableFacts],
    before: Release | None,
) -> ReportData:
    return ReportData(
        company=info.company,
        release_id=info.release_id,
        build_id=info.build_id,
        created_at=info.created_at,
        as_of_on=info.as_of_on,
        currency=info.currency,
        verdict=info.verdict,
        numbers=_compared(contents.numbers, before),
        series=[replace(each, unit=each.unit or info.currency) for each in contents.series],
        before=before.release_id if before else None,
        # The company's totals first, then what moved most.
        restatements=[
            _restatement_row(row)
            for row in sorted(
                contents.restated,
                key=lambda row: (row.scope_type != "company", -abs(row.delta_amount)),
            )
        ],
        open_state=_open_state(contents.changes),
        accepted=[
            f"{change.change} until {change.until}: {change.reason}"
            for change in company.accepted_changes
            if change.until >= info.as_of_on
        ],
        today=shown_today(company),
        freshness=_freshness(contents, today(company)),
        absent=_absent(company),
        tables=[
            TableRow(f"{table.schema_name}.{table.table_name}", table.n_rows, table.comment)
            for table in tables
        ],
        batches=[
            BatchRow(
                batch.source,
                batch.object,
                batch.extract_on,
                batch.n_read,
                batch.n_accepted,
                batch.n_rejected,
            )
            for batch in contents.batches
        ],
        rejects=[
            RejectRow(
                reject.source,
                reject.object,
                reject.rule,
                reject.n_rows,
                reject.column,
                reject.example,
            )
            for reject in contents.rejects
        ],
        code_commit=info.code_commit,
    )


def _absent(company: Company) -> list[str]:
    """Entities that no source delivers, in words."""
    fed = entity_sources(company)
    return [each.replace("_", " ") for each in sorted(load_entities().entities) if each not in fed]


def _compared(numbers: Sequence[Headline], before: Release | None) -> list[Headline]:
    """The numbers beside what the release before says to the same questions."""
    if before is None:
        return list(numbers)
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(before.path / DATABASE)} as released (read_only)")
        connection.execute("use released")
        try:
            previous = {each.label: each.value for each in _headlines(connection)}
        except duckdb.Error:
            # A table that is asked today may not have been there yet.
            previous = {}
    return [replace(each, previous=previous.get(each.label)) for each in numbers]


def _restatement_row(row: Restatement) -> RestatementRow:
    deals = row.deals.split(",")[:SHOWN_DEALS]
    return RestatementRow(
        row.metric,
        row.scope_type if row.scope_type == "company" else f"{row.scope_type} {row.scope_id}",
        f"from {row.period_start_on}",
        row.cause,
        row.old_value,
        row.new_value,
        row.delta_amount,
        row.n_deals,
        deals,
    )


def _freshness(contents: Contents, on: date) -> list[FreshnessRow]:
    """How old each source is on a day."""
    newest: dict[str, date] = {}
    for batch in contents.batches:
        newest[batch.source] = max(newest.get(batch.source, batch.extract_on), batch.extract_on)
    return [
        FreshnessRow(source, day, (on - day).days, contents.missed.get(source, 0))
        for source, day in sorted(newest.items())
    ]


def _contents(connection: duckdb.DuckDBPyConnection, company: Company) -> Contents:
    as_of = connection.execute("select as_of_on from core.core_latest_extract").fetchone()
    if as_of is None or as_of[0] is None:
        raise dg.Failure("no extract day is loaded, so the release would be of no day")
    batches, rejects, missed = inputs_of(connection, company)
    return Contents(
        as_of_on=as_of[0],
        numbers=_headlines(connection),
        series=_series(connection, as_of[0]),
        missed=missed,
        batches=batches,
        rejects=rejects,
        compared_with=_compared_with(connection),
        restated=_restated(connection),
        changes=_changes(connection),
    )


def inputs_of(
    connection: duckdb.DuckDBPyConnection, company: Company
) -> tuple[list[InputBatch], list[RejectCount], dict[str, int]]:
    """What the release was built from: batches, rejected rows, and missed days by source."""
    missed = connection.execute(
        "select source, count(distinct extract_on) "
        f"from {enabled_rows(company, 'missed_days')} group by source"
    ).fetchall()
    return _batches(connection, company), _rejects(connection, company), dict(missed)


def _headlines(connection: duckdb.DuckDBPyConnection) -> list[Headline]:
    numbers = []
    for question in HEADLINES:
        row = connection.execute(question.sql).fetchone()
        value = row[0] if row else None
        numbers.append(
            Headline(question.label, value, question.note, is_fraction=question.is_fraction)
        )
    return numbers


def _series(connection: duckdb.DuckDBPyConnection, as_of_on: date) -> list[Series]:
    found = []
    for title, query, is_fraction, is_line in SERIES:
        rows = connection.execute(query, [as_of_on]).fetchall()
        points = [(str(label), float(value)) for label, value in rows if value is not None]
        unit = "%" if is_fraction else ""
        found.append(Series(title, unit, points, is_fraction=is_fraction, is_line=is_line))
    return found


def _compared_with(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = connection.execute("select from_release from control.compared").fetchone()
    return row[0] if row else None


def _restated(connection: duckdb.DuckDBPyConnection) -> list[Restatement]:
    rows = connection.execute(
        f"select {', '.join(NAMES)} from control.restatement order by all"
    ).fetchall()
    return [Restatement(*row) for row in rows]


def _changes(connection: duckdb.DuckDBPyConnection) -> list[Change]:
    names = [each.name for each in fields(Change)]
    rows = connection.execute(
        f"select {', '.join(names)} from control.state_change order by rowid"
    ).fetchall()
    return [Change(*row) for row in rows]


def _open_state(changes: Sequence[Change]) -> list[OpenStateRow]:
    """One line per watch: what changed most first."""
    rows = []
    for name, theirs in groupby(changes, key=lambda each: each.watch):
        every = sorted(theirs, key=lambda each: (not each.is_unusual, -each.changed_pct))
        rows.append(
            OpenStateRow(
                watch=name.replace("_", " "),
                n_records=every[0].n_records,
                changed=[(each.measure, each.changed_pct) for each in every if each.n_changed],
                unusual=[each.measure for each in every if each.is_unusual],
            )
        )
    return rows


def _batches(connection: duckdb.DuckDBPyConnection, company: Company) -> list[InputBatch]:
    rows = connection.execute(f"""
        select
            cast(b.batch_id as varchar),
            b.source,
            b.object,
            b.extract_on,
            b.n_read,
            b.n_accepted,
            b.n_rejected,
            b.n_changed,
            b.n_deleted,
            coalesce(list(f.file order by f.file) filter (f.file is not null), [])
        from {enabled_rows(company, "batches")} as b
        left join control.batch_files as f using (batch_id)
        where b.status = 'loaded'
        group by all
        order by b.source, b.object, b.extract_on
    """).fetchall()
    names = list(InputBatch.model_fields)
    return [InputBatch(**dict(zip(names, row, strict=True))) for row in rows]


def _rejects(connection: duckdb.DuckDBPyConnection, company: Company) -> list[RejectCount]:
    rows = connection.execute(f"""
        select
            source,
            object,
            rule,
            column_name,
            count(*),
            arg_min(
                coalesce('''' || value || ''' in ', '')
                || file || ' line ' || line,
                (extract_on, file, line)
            )
        from {enabled_rows(company, "rejects")}
        group by source, object, rule, column_name
        order by source, object, rule, column_name
    """).fetchall()
    return [
        RejectCount(
            source=row[0], object=row[1], rule=row[2], column=row[3], n_rows=row[4], example=row[5]
        )
        for row in rows
    ]


def _code_commit() -> str | None:
    """The commit this code is of; None where it does not run from a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
