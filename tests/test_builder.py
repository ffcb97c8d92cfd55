"""What is built is what dbt would build: order, tests that block, contracts, increments."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import daily, generate
from pipelines.settings import Company
from pipelines.transform.builder import Outcome, run
from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import begin, build
from pipelines.transform.plan import Node, Plan
from tests.history.world import deliver, demo_company, differences

SCHEMAS = ("core", "attainment", "forecast", "funnel", "pipeline", "revenue", "shared")


def node(name: str, *parents: str, code: str = "select 1 as a", **rest: Any) -> Node:
    kind = rest.pop("materialized", "table")
    written = {"config": {"pre-hook": []}, "columns": {}, "description": ""} | rest
    return Node(
        unique_id=f"model.{name}",
        resource_type="model",
        schema="core",
        name=name,
        alias=name,
        fqn=("salesops", "core", name),
        materialized=kind,
        parents=tuple(f"model.{parent}" for parent in parents),
        blocks=True,
        compiled_code=code,
        written=written,
    )


def check(name: str, *parents: str, code: str, blocks: bool = True) -> Node:
    return Node(
        unique_id=f"test.{name}",
        resource_type="test",
        schema="tests",
        name=name,
        alias=name,
        fqn=("salesops", name),
        materialized="test",
        parents=tuple(f"model.{parent}" for parent in parents),
        blocks=blocks,
        compiled_code=code,
        written={"config": {}},
    )


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def outcome(connection: duckdb.DuckDBPyConnection, *nodes: Node, adds: bool = False) -> Outcome:
    return run(connection, Plan(nodes), Path(), adds=adds)


def said(outcome: Outcome) -> dict[str, str]:
    return {run.node.name: run.status for run in outcome.result}


FAILS, HOLDS = "select 1 as row", "select 1 as row where 1 = 0"


def test_a_test_is_asked_before_anything_is_made_of_what_it_reads() -> None:
    plan = Plan(
        [
            node("c", "b"),
            node("b", "a"),
            node("a"),
            check("of_a", "a", code=HOLDS),
            check("of_both", "a", "b", code=HOLDS),
        ]
    )
    assert [each.name for each in plan.steps] == ["a", "of_a", "b", "of_both", "c"]


def test_a_test_that_blocks_stops_what_is_made_of_all_it_reads(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    built = outcome(
        connection,
        node("a"),
        node("b"),
        node("of_a", "a"),
        node("of_both", "a", "b"),
        node("further", "of_both"),
        check("fails", "a", "b", code=FAILS),
        check("reads_it", "of_both", code=HOLDS),
        check("reads_a", "of_a", code=HOLDS),
    )
    assert said(built) == {
        "a": "success", "b": "success", "fails": "fail", "of_a": "success", "reads_a": "pass",
        "of_both": "skipped", "further": "skipped", "reads_it": "skipped",
    }  # fmt: skip
    assert not built.success


def test_a_test_that_warns_stops_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    built = outcome(
        connection, node("a"), node("b", "a"), check("warns", "a", code=FAILS, blocks=False)
    )
    assert said(built) == {"a": "success", "warns": "warn", "b": "success"}
    assert built.success
    [warned] = [run for run in built.result if run.status == "warn"]
    assert warned.failures == 1


def test_a_model_that_cannot_be_built_leaves_what_was_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    outcome(connection, node("a"))
    broken = outcome(
        connection,
        node("a", code="select cast('x' as integer) as a"),
        node("b", "a"),
        check("asked", "a", code=HOLDS),
        node("apart"),
    )
    assert said(broken) == {"a": "error", "b": "skipped", "asked": "skipped", "apart": "success"}
    [failed] = [run for run in broken.result if run.status == "error"]
    assert "Could not convert" in failed.message
    assert connection.execute("select a from core.a").fetchall() == [(1,)]


def test_a_test_that_cannot_be_asked_is_an_error(connection: duckdb.DuckDBPyConnection) -> None:
    asked = outcome(
        connection, node("a"), node("b", "a"), check("asked", "a", code="select x from core.a")
    )
    assert said(asked) == {"a": "success", "asked": "error", "b": "skipped"}


PROMISED: dict[str, Any] = {
    "config": {"contract": {"enforced": True}, "persist_docs": {"relation": True, "columns": True}},
    "columns": {
        "a": {"data_type": "bigint", "description": "What it's worth."},
        "b": {"data_type": "varchar", "description": ""},
    },
    "description": "One row per a.",
}


def test_a_table_has_the_columns_of_its_contract_and_its_comments(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    code = "select 'x' as b, cast(1 as bigint) as a"
    assert outcome(connection, node("t", code=code, **PROMISED)).success
    assert connection.execute("from core.t").fetchall() == [(1, "x")]
    assert connection.execute(
        "select column_name, data_type, comment from duckdb_columns() where table_name = 't'"
    ).fetchall() == [("a", "BIGINT", "What it's worth."), ("b", "VARCHAR", None)]
    assert connection.execute(
        "select comment from duckdb_tables() where table_name = 't'"
    ).fetchall() == [("One row per a.",)]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("select 1 as a, 'x' as b", "column a of core.t is INTEGER, and its contract says BIGINT"),
        ("select cast(1 as bigint) as a", "column b of core.t is not there"),
        (
            "select cast(1 as bigint) as a, 'x' as b, 1 as c",
            "column c of core.t is INTEGER, and its contract says that there is none",
        ),
    ],
    ids=["another type", "one too few", "one too many"],
)
def test_a_promise_that_is_not_kept_is_told(
    connection: duckdb.DuckDBPyConnection, code: str, message: str
) -> None:
    [told] = outcome(connection, node("t", code=code, **PROMISED)).result
    assert told.status == "error"
    assert message in told.message
    assert connection.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]


def incremental(code: str, hook: str) -> Node:
    hooks = [{"sql": hook}]
    return node("t", code=code, materialized="incremental", config={"pre-hook": hooks})


DAYS = "{{ forget_changed_days('day') }}"
DEALS = "{{ forget_changed_opportunities() }}"


def test_an_increment_takes_out_what_changed_and_adds(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("create schema core")
    connection.execute("create table core.core_changed_day as select 2 as first_changed_on")
    connection.execute("create table core.core_changed_opportunity as select 1 as opportunity_key")
    whole = "select * from (values (1, 1, 'old'), (2, 2, 'old')) as t (day, opportunity_key, say)"
    added = "select 'new' as say, 2 as day, 9 as opportunity_key"
    for hook, expected in (
        (DAYS, [(1, 1, "old"), (2, 9, "new")]),
        (DEALS, [(2, 2, "old"), (2, 9, "new")]),
    ):
        assert outcome(connection, incremental(whole, hook)).success
        if hook == DAYS:
            same_order = "select 2 as day, 9 as opportunity_key, 'new' as say"
            assert outcome(connection, incremental(same_order, hook), adds=True).success
        else:
            assert outcome(connection, incremental(added, hook), adds=True).success
        assert connection.execute("from core.t order by all").fetchall() == expected
    other = outcome(connection, incremental("select 3 as day", DAYS), adds=True)
    assert "other columns" in other.result[0].message
    assert len(connection.execute("from core.t").fetchall()) == 2


def test_another_hook_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    assert outcome(connection, incremental("select 1 as day", DAYS)).success
    for hook in ("{{ drop_all() }}", ""):
        told = outcome(connection, incremental("select 1 as day", hook), adds=True).result[0]
        assert "macros/increment.sql" in told.message


def test_a_view_may_become_a_table_and_back(connection: duckdb.DuckDBPyConnection) -> None:
    for kind in ("view", "table", "view"):
        assert outcome(connection, node("t", materialized=kind)).success


def bare(company: Company, *options: str) -> dict[str, int | None]:
    """`dbt build` of everything, without the pipeline: failing rows of each test."""
    project = DbtProject(company)
    arguments = [
        "--quiet", "--log-level", "none", "--log-level-file", "none", "--no-write-json",
        "build", *options, "--exclude-resource-type", "unit_test", *project.arguments,
        *project.everything,
    ]  # fmt: skip
    project.manifest()
    with project.runner(project._parsed()) as dbt:
        done = dbt.invoke(arguments)
    assert done.success, done.exception
    return {
        run.node.unique_id: run.failures for run in done.result if run.node.resource_type == "test"
    }


def described(file: Path) -> set[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return set(
            connection.execute(
                "select schema_name, table_name, column_name, data_type, comment "
                "from duckdb_columns() where not internal "
                "union all select schema_name, table_name, null, null, comment "
                "from duckdb_tables() where not internal "
                "union all select schema_name, view_name, null, null, comment "
                "from duckdb_views() where not internal"
            ).fetchall()
        )


@pytest.mark.slow
def test_dbt_builds_the_same_tables(tmp_path: Path) -> None:
    """Whole and as an increment, with every view, column, type and comment; run on its own."""
    company = demo_company(tmp_path / "company")
    days = daily(2)
    generate(tmp_path / "extracts", scale=0.05, days=days, workers=1)
    (tmp_path / "twin").mkdir()
    paths = company.paths.model_copy(update={"warehouse": tmp_path / "twin"})
    twin = company.model_copy(update={"paths": paths})
    for day in days:
        deliver(company, tmp_path / "extracts", [day])
        shutil.copy(company.warehouse_file, twin.warehouse_file)
        outcome, increment = build(DbtProject(company))
        assert {run.status for run in outcome.result} <= {"success", "pass", "warn"}
        assert bool(increment.reason) == (day == days[0])
        with duckdb.connect(str(twin.warehouse_file)) as connection:
            begin(connection, DbtProject(twin))
        asked = bare(twin, *(["--full-refresh"] if increment.reason else []))
        assert {
            run.node.unique_id: run.failures
            for run in outcome.result
            if run.node.resource_type == "test"
        } == asked
        assert differences(company.warehouse_file, twin.warehouse_file, SCHEMAS) == {}
        assert described(company.warehouse_file) == described(twin.warehouse_file)
