"""Check results belong to one build, and the newest build is the one the warehouse holds."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from pipelines.quality import CheckResult
from pipelines.quality.ledger import Changes, begin_build, current_build, record, results_of
from pipelines.quality.results import CheckKind

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
        begin_build(warehouse, build, "raw")
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


def named(check_id: str, kind: CheckKind, asset: str) -> CheckResult:
    return replace(HELD, check_id=check_id, kind=kind, asset=asset)


ANSWERS = [
    named("dbt.a", "dbt", "core_a"),
    named("load.a", "load", "raw.a"),
    named("mart.a", "gx", "pipeline.fct_a"),
    named("raw.a", "gx", "raw.a"),
    named("release.a", "release", "pipeline.fct_a"),
]


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ("raw", ["load.a"]),
        ("tables", ["load.a", "raw.a"]),
        ("nothing", ["dbt.a", "load.a", "mart.a", "raw.a", "release.a"]),
    ],
)
def test_a_run_that_takes_up_another_keeps_what_still_stands(
    warehouse: duckdb.DuckDBPyConnection, changes: Changes, standing: list[str]
) -> None:
    begin_build(warehouse, "failed", "raw")
    record(warehouse, "failed", ANSWERS)
    begin_build(warehouse, "again", changes, continues="failed")
    assert current_build(warehouse) == "again"
    assert [each.check_id for each in results_of(warehouse, "again")] == standing


def test_what_is_asked_again_is_not_inherited(warehouse: duckdb.DuckDBPyConnection) -> None:
    begin_build(warehouse, "failed", "raw")
    record(warehouse, "failed", ANSWERS)
    begin_build(warehouse, "again", "tables", continues="failed")
    record(warehouse, "again", [ANSWERS[0]])
    begin_build(warehouse, "again", "nothing", continues="failed")
    record(warehouse, "again", [ANSWERS[2]])
    found = [each.check_id for each in results_of(warehouse, "again")]
    assert found == ["dbt.a", "load.a", "mart.a", "raw.a"]


def test_nothing_is_kept_of_a_run_after_which_another_one_wrote(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    begin_build(warehouse, "failed", "raw")
    record(warehouse, "failed", ANSWERS)
    begin_build(warehouse, "other", "raw")
    begin_build(warehouse, "again", "nothing", continues="failed")
    assert current_build(warehouse) == "other", "a check ends no build"
    begin_build(warehouse, "again", "tables", continues="failed")
    assert results_of(warehouse, "again") == []
