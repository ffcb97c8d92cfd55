"""A small warehouse and what it takes to publish it, in three lines for every test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.publish import Release, ReleaseInfo, discover_tables, make_release_id, publish
from pipelines.quality import CheckResult, Verdict, decide

DAY_ONE = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)
SCHEMAS = ("pipeline", "shared")
DEALS_UP_TO = "create or replace macro pipeline.deals_up_to(n) as table " + (
    "select * from pipeline.fct_deal where deal_no <= n"
)


def check(status: str = "pass", severity: str = "block", name: str = "a.b.key") -> CheckResult:
    return CheckResult(
        check_id=name,
        kind="gx",
        asset="pipeline.fct_deal",
        severity=severity,  # type: ignore[arg-type]  # cases are written as plain text
        owner="team:revops",
        why="A deal without a key cannot be traced.",
        next_step="Ask the CRM team.",
        status=status,  # type: ignore[arg-type]  # as above
    )


def verdict(*results: CheckResult) -> Verdict:
    given = results or (check(),)
    return decide([result.expected for result in given], given)


def build(file: Path, build_no: int = 0, n_deals: int = 50) -> Path:
    """A warehouse whose every table says in each row which build it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema if not exists pipeline")
        connection.execute("create schema if not exists shared")
        connection.execute("create schema if not exists raw")
        connection.execute(
            f"create or replace table pipeline.fct_deal as select i as deal_no, {build_no} as "
            "build_no, cast(i / 3 as decimal(18, 4)) as amount, date '2024-01-01' + i::int as "
            "closed_on, case when i % 3 > 0 then 'it''s ' || i end as name, "
            f"timestamp '2024-01-01' + to_hours(i) as changed_at from range({n_deals}::int) t(i)"
        )
        connection.execute("comment on table pipeline.fct_deal is 'One row per deal; it''s all.'")
        connection.execute("comment on column pipeline.fct_deal.amount is 'In EUR.'")
        connection.execute(
            f"create or replace table shared.dim_stage as select 'won' as stage, {build_no} as "
            "build_no"
        )
        connection.execute("create or replace table raw.secret as select 1 as x")
    return file


def info(build_no: int = 0, **changes: Any) -> ReleaseInfo:
    """What is published on day number `build_no`."""
    at = DAY_ONE + timedelta(days=build_no)
    values: dict[str, Any] = {
        "release_id": make_release_id(at, f"build-{build_no}"),
        "company": "Acme",
        "build_id": f"build-{build_no}",
        "verdict": verdict(),
        "verdict_build_id": f"build-{build_no}",
        "created_at": at,
        "code_commit": "abc1234",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "as_of_on": date(2024, 4, 30),
    }
    return ReleaseInfo(**{**values, **changes})


def report(path: Path, tables: Sequence[Any]) -> None:
    path.write_text(f"<p>{len(tables)} tables</p>")


def publish_build(
    root: Path, build_no: int = 0, on_step: Callable[[str], None] = lambda _: None, **more: Any
) -> Release:
    """Build the warehouse and publish it as the release of day `build_no`."""
    warehouse = build(root / "warehouse" / "warehouse.duckdb", build_no)
    arguments: dict[str, Any] = {
        "release": info(build_no),
        "tables": discover_tables(warehouse, SCHEMAS),
        "report": report,
        "macros": [DEALS_UP_TO],
        "on_step": on_step,
    }
    return publish(root / "published", warehouse, **{**arguments, **more})
