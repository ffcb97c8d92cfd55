"""A company built without Dagster: land, load, run dbt, and say what every table holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from pipelines.ingest import land, load
from pipelines.ingest.reference import write_reference
from pipelines.publish.tables import facts_of
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import Increment, build
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"

Content = dict[str, tuple[int, str]]
"""Rows and an order-free hash over all columns, by schema and table."""


def demo_company(folder: Path) -> Company:
    """The demo company in a folder of its own, with nothing landed."""
    folder.mkdir(parents=True, exist_ok=True)
    company = Deployment.of(DEMO, folder).company
    company.paths.warehouse.mkdir()
    return company


def deliver(
    company: Company, extracts: Path, days: Iterable[date], *, replace: bool = False
) -> None:
    """Land these extract days and bring the raw log and the configuration in line with them."""
    for day in days:
        land(company, day, [extracts / day.isoformat()], replace=replace)
    with duckdb.connect(str(company.warehouse_file)) as connection:
        write_reference(connection, company)
        for source in company.sources:
            failed = [b for b in load(connection, company, source) if b.status == "failed"]
            assert not failed, failed[0].message


def build_models(project: DbtProject, *names: str) -> Increment:
    """Every model of the company as a run builds it, or those of some names, without the tests."""
    outcome, increment = build(project, *names, tests=False)
    assert outcome.success, [
        f"{run.node.name}: {run.message}" for run in outcome.result if run.status == "error"
    ]
    return increment


def public_schemas(project: DbtProject) -> set[str]:
    """Schemas of the marts."""
    return {
        node["schema"]
        for node in project.manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }


def content(file: Path, schemas: Iterable[str]) -> Content:
    """What every table of these schemas holds."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where list_contains(?, schema_name) order by all",
            [list(schemas)],
        ).fetchall()
        found = {}
        for schema, name in tables:
            facts = facts_of(connection, file.stem, schema, name)
            found[f"{schema}.{name}"] = (facts.n_rows, facts.content_hash)
    return found


def differences(one: Path, other: Path, schemas: Iterable[str]) -> dict[str, str]:
    """Tables that differ between two files, each with rows only one of them has."""
    schemas = list(schemas)
    left, right = content(one, schemas), content(other, schemas)
    differing = sorted(name for name in left | right if left.get(name) != right.get(name))
    return {
        name: _example(one, other, name) if name in left and name in right else "in one file only"
        for name in differing
    }


def _example(one: Path, other: Path, table: str) -> str:
    with duckdb.connect() as connection:
        for alias, file in (("one", one), ("other", other)):
            connection.execute(f"attach '{file}' as {alias} (read_only)")
        texts = []
        for here, there in (("one", "other"), ("other", "one")):
            rows = connection.execute(
                f"from {here}.{table} except all from {there}.{table} limit 1"
            ).fetchall()
            texts.append(f"only in {here}: {rows}")
        return "; ".join(texts)
