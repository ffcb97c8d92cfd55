"""An increment is built only where nothing but new extract days has come; in doubt, all anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from pipelines.ingest import ensure_tables
from pipelines.settings import SourceChoice
from pipelines.transform import dbt_project
from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import Increment, begin, build, complete
from tests.history.world import demo_company


def manifest(*parents: str) -> dict[str, Any]:
    """A project of one incremental model that reads these models."""
    model, fact = "model.salesops.", "model.salesops.fct_snapshot"
    inputs = {
        "core_changed_day": ["control.batches"],
        "core_changed_opportunity": ["crm.opportunity"],
        "core_latest_extract": ["control.batches"],
        "core_participant_version": ["crm.user"],
        "core_product_price": ["crm.price"],
        "stg_crm__opportunity": ["crm.opportunity"],
        "stg_shop__opportunity": ["shop.order", "shop.status"],
    }
    sources = {name for names in inputs.values() for name in names}
    return {
        "nodes": {
            fact: {"name": "fct_snapshot", "config": {"materialized": "incremental"}},
            **{
                model + name: {"name": name, "config": {"materialized": "table"}} for name in inputs
            },
        },
        "sources": {
            f"source.salesops.{name}": {
                "schema": "control" if name.startswith("control") else "raw",
                "source_name": name.split(".")[0],
                "name": name.split(".")[1],
            }
            for name in sources
        },
        "parent_map": {
            fact: [model + name for name in parents],
            **{
                model + name: [f"source.salesops.{source}" for source in names]
                for name, names in inputs.items()
            },
        },
    }


BY_DAY = (
    "core_changed_day",
    "core_latest_extract",
    "core_participant_version",
    "core_product_price",
    "stg_crm__opportunity",
    "stg_shop__opportunity",
)


@dataclass(frozen=True)
class Project(DbtProject):
    """A project of one incremental model, whose files can be said to have changed."""

    text: str = "as it was"
    parents: tuple[str, ...] = BY_DAY

    @property
    def fingerprint(self) -> str:
        return self.text

    def manifest(self) -> dict[str, Any]:
        return manifest(*self.parents)


@dataclass(frozen=True)
class World:
    connection: duckdb.DuckDBPyConnection
    project: Project

    def load(self, batch_id: int, name: str, day: str, *, n_changed: int = 1) -> None:
        source, _, object_name = name.partition(".")
        self.connection.execute(
            "insert into control.batches by name select ? as batch_id, ? as source, ? as object, "
            "cast(? as date) as extract_on, 'loaded' as status, 0 as n_inserted, ? as n_changed, "
            "0 as n_deleted",
            [batch_id, source, object_name, day, n_changed],
        )

    def unload(self, batch_id: int) -> None:
        self.connection.execute("delete from control.batches where batch_id = ?", [batch_id])

    def begin(self, **changes: Any) -> Increment:
        return begin(self.connection, self.project, **changes)

    def pending(self) -> list[int]:
        found = self.connection.execute("from increment.pending_batch order by 1").fetchall()
        return [row[0] for row in found]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two extract days are loaded and built."""
    demo = demo_company(tmp_path)
    sources = dict.fromkeys(("crm", "shop"), SourceChoice())
    company = demo.model_copy(update={"sources": sources})
    with duckdb.connect(str(company.warehouse_file)) as connection:
        ensure_tables(connection, demo)
        connection.execute("create schema core; create schema config")
        connection.execute("create table core.core_participant_version as select 'Ann' as name")
        connection.execute("create table core.core_plan_rate_version as select 1 as plan_rate")
        connection.execute("create table config.alias as select 'Web' as value")
        found = World(connection, Project(company))
        found.load(1, "crm.opportunity", "2026-06-01")
        found.load(2, "crm.opportunity", "2026-06-02")
        assert found.begin().reason == "there is no whole build to add to"
        complete(connection, found.project)
        yield found


def test_new_days_are_added(world: World) -> None:
    world.load(3, "crm.opportunity", "2026-06-03")
    world.load(4, "crm.user", "2026-06-01")
    increment = world.begin()
    assert (increment.reason, increment.n_batches) == ("", 2)
    assert world.pending() == [3, 4]
    kept = world.connection.execute("from increment.participant_version").fetchall()
    assert kept == [("Ann",)]


def test_nothing_is_pending_after_a_whole_build(world: World) -> None:
    world.load(3, "crm.opportunity", "2026-06-03")
    world.begin()
    complete(world.connection, world.project)
    assert world.pending() == []
    assert world.begin().n_batches == 0


def test_a_build_that_did_not_end_leaves_nothing_to_add_to(world: World) -> None:
    world.load(3, "crm.opportunity", "2026-06-03")
    assert world.begin().reason == ""
    assert "no whole build" in world.begin().reason
    assert world.pending() == []


def test_some_tables_alone_are_built_anew_and_all_by_the_next_run(world: World) -> None:
    assert "only some tables" in world.begin(is_whole=False).reason
    assert "no whole build" in world.begin().reason


def test_a_late_day_is_named(world: World) -> None:
    world.load(3, "crm.user", "2026-06-01")
    world.load(4, "crm.opportunity", "2026-05-31")
    assert world.begin().reason == "1 batches came late (first: crm/opportunity 2026-05-31)"


def test_a_corrected_day_is_named(world: World) -> None:
    world.unload(2)
    world.load(3, "crm.opportunity", "2026-06-02")
    reason = world.begin().reason
    assert reason == "1 batches were replaced or are gone (first: crm/opportunity 2026-06-02)"


def test_a_source_taken_out_is_gone_with_all_its_batches(world: World) -> None:
    """The ledger keeps them, for the day on which the source is put back."""
    world.load(3, "shop.order", "2026-06-03")
    world.begin()
    complete(world.connection, world.project)
    sources = {"crm": SourceChoice()}
    left = Project(world.project.company.model_copy(update={"sources": sources}))
    reason = begin(world.connection, left).reason
    assert reason == "1 batches were replaced or are gone (first: shop/order 2026-06-03)"
    complete(world.connection, left)
    built = world.connection.execute(
        "select source, as_of_on from increment.built_batch, increment.last_build"
    ).fetchall()
    assert set(built) == {("crm", date(2026, 6, 2))}


@dataclass(frozen=True)
class Built(Project):
    """A project whose builds have built these, schema and name, and nothing else."""

    built: tuple[tuple[str, str], ...] = ()

    def build(self, *_names: str, **_how: bool) -> Any:
        runs = [
            SimpleNamespace(
                status="success",
                node=SimpleNamespace(resource_type="model", schema=schema, name=name),
            )
            for schema, name in self.built
        ]
        return SimpleNamespace(result=runs)


def test_tables_that_no_model_builds_any_more_are_gone_after_a_whole_build(world: World) -> None:
    """Given up by the project, or of a source taken out: a fresh warehouse has none of them."""
    world.connection.execute("""
        create schema staging;
        create view staging.stg_crm__opportunity as select 1 as id;
        create view staging.stg_shop__opportunity as select 1 as id;
        create table core.core_given_up as select 1 as id;
    """)
    known = ("core_participant_version", "core_plan_rate_version")
    built = (*(("core", name) for name in known), ("staging", "stg_crm__opportunity"))
    project = Built(world.project.company, built=built)
    before = relations(world)
    build(project, "core_plan_rate")
    assert relations(world) == before
    build(project)
    gone = {("core", "core_given_up"), ("staging", "stg_shop__opportunity")}
    assert before - relations(world) == gone


def relations(world: World) -> set[tuple[str, str]]:
    found = world.connection.execute(
        "select table_schema, table_name from information_schema.tables"
    ).fetchall()
    return set(found)


def test_a_changed_project_is_built_anew(world: World) -> None:
    changed = Project(world.project.company, text="another")
    assert "the project" in begin(world.connection, changed).reason


def test_changed_reference_data_are_built_anew(world: World) -> None:
    world.connection.execute("update config.alias set value = 'Internet'")
    assert "reference data changed" in world.begin().reason


@pytest.mark.parametrize("name", ["crm.price", "shop.order", "shop.status"])
def test_a_change_of_what_every_row_may_look_up_is_named(world: World, name: str) -> None:
    """Prices have no followed path; of two inputs of a staging model either may be a lookup."""
    world.load(3, name, "2026-06-03")
    object_name = name.replace(".", "/")
    assert f"look up (first: {object_name} 2026-06-03)" in world.begin().reason


@pytest.mark.parametrize("parent", ["core_participant_version", "core_latest_extract"])
def test_a_model_built_by_opportunity_does_not_hear_of_sellers_or_days(
    world: World, parent: str
) -> None:
    by_opportunity = ("core_changed_opportunity", "stg_crm__opportunity")
    world.load(3, "crm.user", "2026-06-03")
    fine = Project(world.project.company, parents=by_opportunity)
    assert begin(world.connection, fine).reason == ""
    complete(world.connection, fine)
    world.load(4, "crm.user", "2026-06-04")
    unannounced = Project(world.project.company, parents=(*by_opportunity, parent))
    assert "look up" in begin(world.connection, unannounced).reason


def test_a_lookup_that_was_delivered_unchanged_does_not_matter(world: World) -> None:
    world.load(3, "crm.price", "2026-06-03", n_changed=0)
    assert world.begin().reason == ""


def test_nothing_is_left_of_what_an_increment_computes_again() -> None:
    """A unique key takes out only what comes in again; a deal may have no row any more."""
    models = {
        file.stem: text
        for file in (dbt_project.DBT_PROJECT / "models").rglob("*.sql")
        if "incremental_where_possible()" in (text := file.read_text(encoding="utf-8"))
    }
    assert "core_opportunity_absence" in models
    assert [name for name, text in models.items() if 'pre_hook="{{ forget_' not in text] == []
