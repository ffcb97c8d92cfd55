"""Read dbt's tests as checks: what is expected of a build, and what each test answered.

The tests were asked by the build; this module only translates, and fetches one offending row of
each failed test as an example.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import duckdb

from pipelines.quality.results import CheckResult, ExpectedCheck, Severity, Status
from pipelines.transform.builder import Ran
from pipelines.transform.plan import Node

_SHOWN = 12
"""Columns of an example, besides where it came from."""
_NOT_TELLING = ("_key", "batch_id", "known_from", "known_to")
_ORIGIN = ("source_file", "source_line")
_STATUS: Mapping[str, Status] = {"pass": "pass", "fail": "fail", "warn": "fail"}


def expected_tests(
    manifest: Mapping[str, Any], unique_ids: Collection[str]
) -> dict[str, ExpectedCheck]:
    """The tests among the selected nodes, by dbt's unique id."""
    return {
        unique_id: ExpectedCheck(check_id(node), _severity(node))
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and unique_id in unique_ids
    }


def check_id(test: Mapping[str, Any]) -> str:
    """`dbt.<test name>`: names are unique within the project."""
    return f"dbt.{test['name']}"


def results_from_run(
    results: Iterable[Ran],
    connection: duckdb.DuckDBPyConnection,
) -> list[CheckResult]:
    """One result per test that was asked; a test that was skipped has none, and so refuses."""
    return [
        _result(run, connection)
        for run in results
        if run.node.resource_type == "test" and run.status != "skipped"
    ]


def _result(run: Ran, connection: duckdb.DuckDBPyConnection) -> CheckResult:
    test = run.node.written
    meta = test.get("config", {}).get("meta", {})
    status = _STATUS.get(run.status, "error")
    example = None
    if status == "fail":
        example = _example(connection, run.node.compiled_code, _looked_at(test))
    return CheckResult(
        check_id=check_id(test),
        kind="dbt",
        asset=str(meta.get("asset") or _asset(run.node)),
        severity=_severity(test),
        owner=str(meta.get("owner", "team:revops")),
        why=str(meta.get("why", "")),
        next_step=str(meta.get("next_step", "")),
        status=status,
        n_failed=run.failures,
        observed=f"{run.failures} rows" if run.failures else None,
        example=example,
        message=run.message if status == "error" else None,
    )


def _severity(test: Mapping[str, Any]) -> Severity:
    severity = str(test.get("config", {}).get("severity", "error")).lower()
    return "warn" if severity == "warn" else "block"


def _asset(test: Node) -> str:
    attached = test.written.get("attached_node") or next(
        iter(test.parents), "model.salesops.unknown"
    )
    return str(attached).rsplit(".", 1)[-1]


def _looked_at(test: Mapping[str, Any]) -> frozenset[str]:
    """Words of the test's arguments, among them the columns it judges by."""
    arguments = str(test.get("test_metadata", {}).get("kwargs", {}))
    shown = test.get("config", {}).get("meta", {}).get("show", [])
    return frozenset(re.findall(r"\w+", arguments)) | frozenset(shown)


def _example(
    connection: duckdb.DuckDBPyConnection, compiled_code: str, looked_at: frozenset[str]
) -> str:
    """The first offending row as `column=value` pairs: what the test looks at, then the rest.

    Ends with the extract line the row came from. Empty cells and surrogate keys are left out.
    """
    cursor = connection.execute(f"select * from ({compiled_code}) as failing limit 1")
    row = cursor.fetchone()
    if row is None or cursor.description is None:
        return "no longer reproducible"
    pairs = {
        column[0]: value
        for column, value in zip(cursor.description, row, strict=True)
        if value is not None and not column[0].endswith(_NOT_TELLING)
    }
    first = sorted(pairs, key=lambda name: name not in looked_at)[:_SHOWN]
    shown = {name: pairs[name] for name in [*first, *(n for n in _ORIGIN if n in pairs)]}
    return ", ".join(f"{name}={value}" for name, value in shown.items())
