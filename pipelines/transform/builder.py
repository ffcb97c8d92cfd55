"""Build the tables of a plan in DuckDB: the statements dbt compiled, run as they are.

dbt reads and compiles the project, which takes longer than everything it compiles; what it compiled
is kept until the project or the company changes, and a run needs no dbt. What is done here is what
dbt's materializations do for this project (`macros/materializations.sql`): views, tables with their
contract and their comments, tables that increments add to, seeds. Each node is one transaction.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.contracts import load_entities
from pipelines.sql import literal, path, quoted
from pipelines.transform.plan import Node, Plan

Status = Literal["success", "pass", "fail", "warn", "error", "skipped"]

_HOOK = re.compile(r"\{\{ forget_changed_(?:days\('(?P<day>\w+)'\)|opportunities\(\)) \}\}")
"""What an incremental model takes out before it puts in (`macros/increment.sql`)."""


class BuildError(Exception):
    """A node cannot be built as it is written."""


@dataclass(frozen=True)
class Ran:
    """What came of one node."""

    node: Node
    status: Status
    seconds: float
    failures: int | None = None
    """Rows a test found."""
    message: str = ""
    """Of an error."""


@dataclass(frozen=True)
class Outcome:
    """What came of a build."""

    result: tuple[Ran, ...]

    @property
    def success(self) -> bool:
        """Everything was built and no test that blocks failed."""
        return all(run.status in {"success", "pass", "warn"} for run in self.result)


def run(connection: duckdb.DuckDBPyConnection, plan: Plan, project: Path, *, adds: bool) -> Outcome:
    """Build and test every node of the plan; what could not be built stops what is made of it.

    Args:
        project: folder of the dbt project, where the seeds lie.
        adds: the SQL of incremental models gives what has changed, for the tables that are there.
    """
    builder = _Builder(connection, project, adds=adds)
    builder.prepare(plan)
    results = []
    stopped: set[str] = set()
    for node in plan.steps:
        if node.unique_id in stopped:
            results.append(Ran(node, "skipped", 0.0))
            continue
        ran = builder.run(node)
        if ran.status in {"error", "fail"}:
            stopped |= plan.made_of(node)
        results.append(ran)
    return Outcome(tuple(results))


class _Builder:
    def __init__(self, connection: duckdb.DuckDBPyConnection, project: Path, *, adds: bool) -> None:
        self.connection = connection
        self.project = project
        self.adds = adds
        self.existing: dict[tuple[str, str], str] = {}

    def prepare(self, plan: Plan) -> None:
        """Make the schemas, and look up what is there under the names to come."""
        built = [node for node in plan.steps if node.resource_type != "test"]
        for schema in sorted({node.schema for node in built}):
            self.connection.execute(f"create schema if not exists {quoted(schema)}")
        self.existing = {
            (schema, name): kind
            for schema, name, kind in self.connection.execute(
                "select schema_name, table_name, 'table' from duckdb_tables() "
                "where database_name = current_database() "
                "union all select schema_name, view_name, 'view' from duckdb_views() "
                "where database_name = current_database() and not internal"
            ).fetchall()
        }

    def run(self, node: Node) -> Ran:
        began = time.perf_counter()
        try:
            if node.resource_type == "test":
                n_failed = self._n_failing(node)
                bad: Status = "fail" if node.blocks else "warn"
                status: Status = bad if n_failed else "pass"
                return Ran(node, status, time.perf_counter() - began, n_failed)
            self._build(node)
        except (duckdb.Error, BuildError) as error:
            return Ran(node, "error", time.perf_counter() - began, message=str(error))
        return Ran(node, "success", time.perf_counter() - began)

    def _n_failing(self, node: Node) -> int:
        row = self.connection.execute(
            f"select count(*) from ({node.compiled_code}\n) as failing"
        ).fetchone()
        return int(row[0]) if row else 0

    def _build(self, node: Node) -> None:
        with self._at_once():
            kind = "view" if node.materialized == "view" else "table"
            there = self.existing.get((node.schema, node.alias))
            if there not in {None, kind}:
                self.connection.execute(f"drop {there} {_relation(node)}")
            if node.materialized == "seed":
                self._seed(node)
            elif node.materialized == "view":
                self._view(node)
            elif node.materialized == "incremental" and self.adds:
                self._add(node)
                return
            elif node.materialized in {"table", "incremental"}:
                self._table(node)
            else:
                raise BuildError(f"{node.title} is materialized as {node.materialized}")
            self._comment(node, kind)

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def _seed(self, node: Node) -> None:
        types = node.written["config"]["column_types"]
        file = self.project / node.written["original_file_path"]
        # An empty cell means "not set".
        read = f"read_csv({literal(file)}, header = true, all_varchar = true, nullstr = '')"
        columns = [name for name, *_ in self.connection.execute(f"describe from {read}").fetchall()]
        if untyped := [name for name in columns if name not in types]:
            raise BuildError(
                f"column {untyped[0]} of {node.name} has no type: add it to column_types in "
                "dbt_project.yml"
            )
        cast = ", ".join(f"cast({quoted(name)} as {types[name]}) as {name}" for name in columns)
        self.connection.execute(
            f"create or replace table {_relation(node)} as select {cast} from {read}"
        )

    def _view(self, node: Node) -> None:
        sql = node.compiled_code
        if node.fqn[1] == "staging":
            sql = self._completed(node)
        self.connection.execute(f"create or replace view {_relation(node)} as (\n{sql}\n)")

    def _completed(self, node: Node) -> str:
        """A staging model's rows with all columns of its entity, those it leaves out as NULL."""
        entity = node.name.partition("__")[2]
        wanted, required = load_entities().types(entity), load_entities().required(entity)
        selected = self._columns(node.compiled_code)
        if lacking := [name for name in required if name not in selected]:
            raise BuildError(
                f"it lacks columns of entity {entity} that every source has to give: "
                f"{', '.join(lacking)}"
            )
        if unknown := [name for name in selected if name not in wanted]:
            raise BuildError(f"entity {entity} has no column {', '.join(unknown)}")
        columns = ", ".join(
            name if name in selected else f"cast(null as {kind}) as {name}"
            for name, kind in wanted.items()
        )
        return f"select {columns} from (\n{node.compiled_code}\n) as delivered"

    def _table(self, node: Node) -> None:
        relation = _relation(node)
        if not node.written["config"].get("contract", {}).get("enforced"):
            self.connection.execute(
                f"create or replace table {relation} as (\n{node.compiled_code}\n)"
            )
            return
        promised = {name: column["data_type"] for name, column in node.written["columns"].items()}
        described = ", ".join(f"{quoted(name)} {kind}" for name, kind in promised.items())
        self.connection.execute(f"create or replace table {relation} ({described})")
        self._keep_promise(node, self._columns_of(relation), self._columns(node.compiled_code))
        names = ", ".join(quoted(name) for name in promised)
        self.connection.execute(
            f"insert into {relation} ({names}) select {names} from (\n{node.compiled_code}\n) as r"
        )

    def _keep_promise(
        self, node: Node, promised: Mapping[str, str], given: Mapping[str, str]
    ) -> None:
        for name in [*promised, *given]:
            if promised.get(name) != given.get(name):
                raise BuildError(
                    f"column {name} of {node.title} is {given.get(name, 'not there')}, and its "
                    f"contract says {promised.get(name, 'that there is none')}"
                )

    def _add(self, node: Node) -> None:
        """Take out what has changed and put it in as it is now."""
        relation = _relation(node)
        self.connection.execute(f"delete from {relation} where {self._changed(node)}")
        there, given = self._columns_of(relation), self._columns(node.compiled_code)
        if there != given:
            raise BuildError(f"{node.title} has other columns than the table that is there")
        names = ", ".join(quoted(name) for name in there)
        self.connection.execute(
            f"insert into {relation} ({names}) select {names} from (\n{node.compiled_code}\n) as r"
        )

    def _changed(self, node: Node) -> str:
        hooks = [hook["sql"] for hook in node.written["config"]["pre-hook"]]
        found = [_HOOK.fullmatch(hook) for hook in hooks]
        if len(found) != 1 or found[0] is None:
            raise BuildError(
                f"{node.title} is incremental and has to have one of the hooks of "
                f"macros/increment.sql, not {hooks}"
            )
        if day := found[0]["day"]:
            return f"{day} >= (select first_changed_on from core.core_changed_day)"
        return "opportunity_key in (select opportunity_key from core.core_changed_opportunity)"

    def _columns(self, sql: str) -> dict[str, str]:
        found = self.connection.execute(f"describe (\n{sql}\n)").fetchall()
        return {name: kind for name, kind, *_ in found}

    def _columns_of(self, relation: str) -> dict[str, str]:
        found = self.connection.execute(f"describe {relation}").fetchall()
        return {name: kind for name, kind, *_ in found}

    def _comment(self, node: Node, kind: str) -> None:
        wanted = node.written["config"].get("persist_docs") or {}
        relation = _relation(node)
        if wanted.get("relation") and (text := node.written["description"]):
            self.connection.execute(f"comment on {kind} {relation} is {literal(text)}")
        if wanted.get("columns"):
            for name, column in node.written["columns"].items():
                if text := column["description"]:
                    self.connection.execute(
                        f"comment on column {relation}.{quoted(name)} is {literal(text)}"
                    )


def _relation(node: Node) -> str:
    return path(node.schema, node.alias)
