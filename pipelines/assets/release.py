"""The release as a Dagster asset: judge this build, then publish it or say why not.

Verdict and publishing are decided elsewhere (`quality.verdict`, `publish`); this module collects
what they need: the build's check results, the public tables, and the numbers of the report.
"""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipelines.assets.resources import Warehouse
from pipelines.publish import PublishError, Release, ReleaseInfo, make_release_id, publish
from pipelines.quality import ExpectedCheck, ReportData, Verdict, decide, write_report
from pipelines.quality.ledger import current_build, results_of
from pipelines.settings import PROJECT_ROOT, Company

RELEASE_KEY = dg.AssetKey(["published", "release"])

OPPORTUNITIES_AS_OF = """
create or replace macro pipeline.opportunities_as_of(as_of_day) as table
select
    versions.opportunity_key,
    versions.source_system,
    versions.opportunity_id,
    versions.account_id,
    versions.owner_id,
    versions.created_on,
    versions.close_on,
    case when versions.status in ('won', 'lost') then versions.close_on end as closed_on,
    versions.opportunity_name,
    versions.stage,
    versions.stage_ordinal,
    versions.forecast_category,
    versions.status,
    versions.currency,
    versions.source_file,
    versions.source_line,
    versions.amount_in_currency,
    cast(versions.amount_in_currency * rates.plan_rate as decimal(18, 4)) as amount,
    versions.probability_pct,
    cast(versions.expected_revenue_in_currency * rates.plan_rate as decimal(18, 4))
        as expected_revenue_amount
from pipeline.fct_opportunity_version as versions
left join shared.dim_plan_rate as rates
    on
        versions.currency = rates.currency
        and rates.valid_from <= case
            when versions.status = 'open' then cast(as_of_day as date)
            else least(versions.close_on, cast(as_of_day as date))
        end
        and rates.valid_to > case
            when versions.status = 'open' then cast(as_of_day as date)
            else least(versions.close_on, cast(as_of_day as date))
        end
where
    versions.known_from_on <= cast(as_of_day as date)
    and versions.known_to_on > cast(as_of_day as date)
    and not versions.is_deleted
"""


@dataclass(frozen=True)
class Headline:
    """One number of the report, as a query on the marts."""

    label: str
    sql: str
    note: str


HEADLINES = (
    Headline(
        "Bookings, all time",
        "select sum(amount) from pipeline.fct_opportunity where status = 'won'",
        "Won and not reversed, at plan rate (M1)",
    ),
    Headline(
        "Open pipeline",
        "select sum(amount) from pipeline.fct_opportunity where status = 'open'",
        "All open deals with an amount (M17)",
    ),
    Headline(
        "Weighted pipeline",
        "select sum(weighted_amount) from pipeline.fct_pipeline_snapshot where is_latest",
        "Amount times the CRM's probability (M18)",
    ),
    Headline(
        "Attainment of closed quota periods",
        "select sum(credit_amount) / nullif(sum(quota_amount), 0) "
        "from attainment.fct_quota_attainment "
        "where attainment_state = 'closed' and measure = 'bookings'",
        "Credit over quota, direct credit only (M8)",
    ),
    Headline(
        "Win rate",
        "select sum(n_won) / nullif(sum(n_closed), 0) from pipeline.fct_win_rate "
        "where node_type = 'company'",
        "Won over closed deals, by count (M32)",
    ),
)


def build_release_asset(
    company: Company,
    *,
    marts: Sequence[dg.AssetKey],
    public_tables: Sequence[tuple[str, str]],
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
            build_id = current_build(connection)
            results = results_of(connection, context.run_id)
            as_of_on, numbers = _as_of(connection), _headlines(connection)
        verdict = decide(expected, results)
        if build_id != context.run_id or not verdict.may_publish:
            raise dg.Failure(_refusal(verdict, build_id == context.run_id), allow_retries=False)
        try:
            published = _publish(warehouse.company, verdict, build_id, as_of_on, public_tables, numbers)
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


def _refusal(verdict: Verdict, is_this_build: bool) -> str:
    if not is_this_build:
        return (
            "the warehouse does not hold a build of this run: materialise everything in one run, "
            "so that checks and release speak of the same build"
        )
    return "release refused:\n" + "\n".join(f"  {reason}" for reason in verdict.reasons)


def _as_of(connection: duckdb.DuckDBPyConnection) -> date:
    row = connection.execute("select as_of_on from core.core_latest_extract").fetchone()
    assert row is not None and isinstance(row[0], date)
    return row[0]


def _headlines(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, Any, str]]:
    numbers = []
    for headline in HEADLINES:
        row = connection.execute(headline.sql).fetchone()
        numbers.append((headline.label, row[0] if row else None, headline.note))
    return numbers
