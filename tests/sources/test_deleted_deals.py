"""Won deals that were deleted or merged in the CRM: taken back, told apart, and no defect.

Every reconciliation is asked of a company that has them, and of the same company with one number
changed: then the example names the deal.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from pipelines.clock import today
from pipelines.quality.reconciliation import load_reconciliations, reconcile
from pipelines.quality.results import CheckResult
from pipelines.quality.suites import Expectation, load_suites
from pipelines.settings import PROJECT_ROOT
from pipelines.transform.dbt_project import entity_sources
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("crms")

FOLDER = PROJECT_ROOT / "expectations" / "reconciliations"


@pytest.fixture
def warehouse(crms: Systems) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(crms.company.warehouse_file)) as connection:
        connection.execute("begin")
        yield connection
        connection.execute("rollback")


def asked(crms: Systems, connection: duckdb.DuckDBPyConnection) -> dict[str, CheckResult]:
    sources = entity_sources(crms.company)
    chosen = load_reconciliations(FOLDER, sources)
    results = reconcile(
        connection, chosen, sources, enabled=crms.company.sources, today=today(crms.company)
    )
    return {each.check_id.removeprefix("reconciliation."): each for each in results}


def test_what_was_booked_of_a_deal_that_is_gone_is_taken_back(crms: Systems) -> None:
    assert crms.rows(
        "select opportunity_id, sum(n_bookings), sum(amount_in_currency), count(*) "
        "from attainment.fct_booking_event group by all order by all"
    ) == [
        ("31", 0, Decimal(0), 2),
        ("32", 0, Decimal(0), 2),
        ("33", 1, Decimal(100), 1),
        ("BINNED", 0, Decimal(0), 2),
        ("CREDIT", 0, Decimal(0), 2),
        ("DOWNSELL", 1, Decimal(-50), 1),
        ("GONE", 0, Decimal(0), 2),
        ("KEPT", 1, Decimal(100), 1),
    ]


def test_it_breaks_no_reconciliation(crms: Systems, warehouse: duckdb.DuckDBPyConnection) -> None:
    answers = asked(crms, warehouse)
    assert "direct_credit_is_bookings" in answers
    # HubSpot's lost deal has a close date to come.
    assert {n: each.example for n, each in answers.items() if each.status != "pass"}.keys() == {
        "a_deal_closed_in_the_future"
    }


def test_deals_that_take_away_break_no_promise(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A downsell, an open one, and a credit that was taken back."""
    assert warehouse.execute(
        "select opportunity_id, status, amount from pipeline.fct_opportunity where amount < 0 "
        "order by all"
    ).fetchall() == [("DOWNSELL", "won", Decimal(-50)), ("LESS", "open", Decimal(-20))]
    broken = {}
    for suite in load_suites(FOLDER.parent):
        if suite.schema_name not in ("pipeline", "attainment", "forecast", "raw"):
            continue
        if suite.schema_name == "raw" and suite.table != "raw.salesforce__opportunity":
            continue
        for promise in suite.expectations:
            sql = _unexpected(suite.table, promise)
            if sql and promise.severity == "block" and warehouse.execute(sql).fetchall():
                broken[f"{suite.table}.{promise.short_name}"] = warehouse.execute(sql).fetchone()
    assert broken == {}


def _unexpected(table: str, promise: Expectation) -> str | None:
    """Rows that break a promise about rows or about the range of a column."""
    if promise.sql:
        return promise.sql.replace("{batch}", table)
    if promise.expect != "column_values_to_be_between":
        return None
    least, most = (promise.arguments.get(key) for key in ("min_value", "max_value"))
    conditions = [f"{promise.column} < {least}"] if least is not None else []
    conditions += [f"{promise.column} > {most}"] if most is not None else []
    return f"select * from {table} where {' or '.join(conditions)}"


KEPT = "opportunity_id = 'KEPT'"


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("direct_credit_is_bookings", f"delete from attainment.fct_credit where {KEPT}"),
        (
            "direct_credit_is_bookings",
            "delete from attainment.fct_credit where opportunity_id = 'BINNED' "
            "and plan_credit_amount < 0",
        ),
        ("deals_arrive_in_core", f"delete from core.core_opportunity where {KEPT}"),
        ("public_deals_are_those_of_core", f"delete from pipeline.fct_opportunity where {KEPT}"),
        (
            "public_deals_are_those_of_core",
            f"update pipeline.fct_opportunity set status = 'lost' where {KEPT}",
        ),
        (
            "public_deals_are_those_of_core",
            f"update pipeline.fct_opportunity set currency = null where {KEPT}",
        ),
        (
            "deals_say_what_was_delivered_last",
            f"update core.core_opportunity set amount_in_currency = 7 where {KEPT}",
        ),
        (
            "snapshots_are_what_was_known",
            "update pipeline.fct_pipeline_snapshot set opportunity_id = 'KEPT', "
            "amount_in_currency = 7 where opportunity_id = '24'",
        ),
        (
            "orders_are_compared_once",
            "update revenue.fct_order set opportunity_id = 'KEPT', is_counted = true "
            "where order_id = '801A'",
        ),
    ],
)
def test_the_example_names_the_deal(
    crms: Systems, warehouse: duckdb.DuckDBPyConnection, name: str, spoil: str
) -> None:
    warehouse.execute(spoil)
    answer = asked(crms, warehouse)[name]
    assert answer.status == "fail"
    named = {"opportunity_id=KEPT", "opportunity_id=BINNED", "example=24", "example=KEPT"}
    assert named & set((answer.example or "").split(", "))
