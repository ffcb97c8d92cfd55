"""Check results belong to one build, and the newest build is the one the warehouse holds."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from pipelines.quality import CheckResult
from pipelines.quality.ledger import begin_build, current_build, record, results_of

HELD = CheckResult(
    check_id="pipeline.fct_opportunity.amount",
    kind="gx",
    asset="pipeline.fct_opportunity",
    severity="block",
    owner="team:revops",
    why="why",
    next_step="next",
    status="pass",
)


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def test_an_empty_warehouse_holds_no_build(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert current_build(warehouse) is None


def test_the_build_that_wrote_last_is_the_current_one(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    for build in ("first", "first", "second"):
        begin_build(warehouse, build)
    assert current_build(warehouse) == "second"


def test_results_come_back_as_they_were(warehouse: duckdb.DuckDBPyConnection) -> None:
    failed = replace(HELD, check_id="z", status="fail", n_failed=3, observed="3", example="id=1")
    record(warehouse, "a", [failed, HELD])
    assert results_of(warehouse, "a") == [HELD, failed]
    assert results_of(warehouse, "b") == []


def test_a_check_that_runs_again_replaces_its_answer_in_this_build_only(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    record(warehouse, "a", [HELD])
    record(warehouse, "b", [HELD])
    record(warehouse, "b", [replace(HELD, status="error", message="broken")])
    assert [result.status for result in results_of(warehouse, "a")] == ["pass"]
    assert [result.status for result in results_of(warehouse, "b")] == ["error"]


def test_no_results_change_nothing(warehouse: duckdb.DuckDBPyConnection) -> None:
    record(warehouse, "a", [])
    assert results_of(warehouse, "a") == []
