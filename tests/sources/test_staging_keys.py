"""Every entity has a key, and a staging model that gives a version of a record twice is named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts import load_entities
from pipelines.quality.dbt_tests import results_from_run
from pipelines.transform.dbt_project import DBT_PROJECT, DbtProject
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("sources")

TEST = "staging_gives_each_version_once"
ENTITIES = load_entities()
LISTED = re.compile(r"(?:`\w+`(?:, | or )?)+\.")
"""A meaning that is the whole list of a column's values."""
ASKED = re.compile(r"(?:latest|known)_versions\(\s*'(\w+)',\s*\[([^\]]*)\]")


@pytest.fixture(scope="module")
def compiled(systems: Systems) -> str:
    """The check as dbt asks it of the company with all systems, where it holds."""
    project = DbtProject(systems.company)
    outcome = project.build(TEST, models=False)
    assert outcome.success
    [run] = outcome.result
    with duckdb.connect(str(systems.company.warehouse_file)) as connection:
        [result] = results_from_run(outcome.result, connection)
    assert (result.status, result.severity, result.asset) == ("pass", "block", "staging")
    assert result.why
    assert result.next_step
    return str(run.node.compiled_code)


@pytest.fixture
def spoilt(systems: Systems, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the warehouse."""
    # Views name the database they were made in.
    file = tmp_path / systems.company.warehouse_file.name
    shutil.copyfile(systems.company.warehouse_file, file)
    with duckdb.connect(str(file)) as connection:
        yield connection


def staged(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Staging views that have rows."""
    names = connection.execute(
        "select view_name from duckdb_views() where schema_name = 'staging' order by all"
    ).fetchall()
    return [
        name
        for (name,) in names
        if connection.execute(f"select 1 from staging.{name} limit 1").fetchone()
    ]


def instead(connection: duckdb.DuckDBPyConnection, view: str, sql: str) -> None:
    connection.execute(f"alter view staging.{view} rename to {view}_once")
    connection.execute(f"create view staging.{view} as {sql.format(once=f'staging.{view}_once')}")


def test_a_row_twice_is_named_for_every_entity_and_source(
    spoilt: duckdb.DuckDBPyConnection, compiled: str
) -> None:
    views = staged(spoilt)
    for view in views:
        instead(
            spoilt,
            view,
            "select * from {once} union all (select * from {once} order by all limit 1)",
        )
    named = spoilt.execute(f"select 'stg_' || source || '__' || entity, n_rows from ({compiled})")
    assert sorted(named.fetchall()) == [(view, 2) for view in views]
    assert len(views) > 40


def test_a_record_whose_key_was_lost_is_named(
    spoilt: duckdb.DuckDBPyConnection, compiled: str
) -> None:
    view = "stg_hubspot__opportunity"
    instead(spoilt, view, "select * replace (null::varchar as opportunity_id) from {once}")
    found = spoilt.execute(f"select distinct source, entity, record from ({compiled})").fetchall()
    assert found == [("hubspot", "opportunity", "none")]


def test_a_stage_may_be_entered_twice_on_one_day(
    spoilt: duckdb.DuckDBPyConnection, compiled: str
) -> None:
    """Such a row is nothing but its key: whichever of the two is kept says the same."""
    instead(
        spoilt,
        "stg_hubspot__stage_entry",
        "select 'hubspot' as source_system, '11' as opportunity_id, 'talk' as stage_value, "
        "date '2026-02-20' as entered_on, timestamp '2026-03-02' as recorded_at, "
        "timestamp '2026-03-02' as extracted_at, 'upsert' as op, 1::bigint as batch_id, "
        "'deal_stage.csv' as source_file, range + 2 as source_line from range(2)",
    )
    assert spoilt.execute(compiled).fetchall() == []


def test_core_takes_the_last_version_by_columns_of_the_key() -> None:
    asked = [
        (model.stem, entity, re.findall(r"'(\w+)'", key))
        for model in sorted((DBT_PROJECT / "models").rglob("*.sql"))
        for entity, key in ASKED.findall(model.read_text())
    ]
    assert len(asked) > 30
    for model, entity, key in asked:
        assert set(key) <= set(ENTITIES.entities[entity].key), model


def test_what_is_never_null_and_which_values_there_are_is_so(systems: Systems) -> None:
    """What the reference says of NULL and of short vocabularies holds."""
    with duckdb.connect(str(systems.company.warehouse_file), read_only=True) as connection:
        for view in staged(connection):
            entity = view.partition("__")[2]
            for column in ENTITIES.types(entity):
                values = {
                    value
                    for (value,) in connection.execute(
                        f"select distinct {column} from staging.{view} where op = 'upsert'"
                    ).fetchall()
                }
                if ENTITIES.missing(entity, column) is None:
                    assert None not in values, (view, column)
                meaning = ENTITIES.meaning(entity, column)
                if LISTED.fullmatch(meaning):
                    assert values <= {None, *re.findall(r"`(\w+)`", meaning)}, (view, column)
