"""What was known on a day stays what was known on that day, whatever is delivered later."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.assets.transform import grains_of
from pipelines.transform.dbt_project import DbtProject
from tests.history.later import generate_later
from tests.history.rules import (
    KNOWN_DAY,
    RULES,
    Leak,
    Past,
    as_of_macros,
    leaks,
    public_columns,
    public_models,
)
from tests.history.world import build_models, deliver, demo_company

SEED = 31
N_EXTRACTS, N_FEW = 6, 3
DAY = date(2026, 3, 1)


@dataclass(frozen=True)
class World:
    """The warehouse of one company after each of its extract days."""

    files: dict[date, Path]
    keys: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, folder: Path, seed: int, n_extracts: int) -> World:
        days = generate_later(folder / "extracts", seed, n_extracts)
        company = demo_company(folder / "company")
        project = DbtProject(company)
        files = {}
        for day in days:
            deliver(company, folder / "extracts", [day])
            build_models(project)
            files[day] = folder / f"{day}.duckdb"
            shutil.copy(company.warehouse_file, files[day])
        return cls(files, grains_of(project.manifest(), public_models(project)))

    def leaks(self) -> dict[Leak, str]:
        """What changes of each day's answer when all extracts are known."""
        *days, last = self.files
        found: dict[Leak, str] = {}
        for day in days:
            found = leaks(self.files[day], self.files[last], day, self.keys) | found
        return found


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return public_columns(DbtProject(demo_company(tmp_path_factory.mktemp("catalogue"))))


def test_whatever_has_a_day_of_knowing_says_what_it_promises_about_it(
    columns: dict[str, list[str]],
) -> None:
    known = {name for name, names in columns.items() if any(map(KNOWN_DAY.search, names))}
    assert set(RULES) == known | set(as_of_macros())


def test_exceptions_name_columns_that_are_there(columns: dict[str, list[str]]) -> None:
    for name, rule in RULES.items():
        if isinstance(rule, Past) and name in columns:
            assert {*rule.today, *rule.ends} <= set(columns[name]), name


@pytest.mark.endurance
@pytest.mark.xdist_group("as_of")
def test_later_extracts_change_no_answer_about_the_past(tmp_path: Path) -> None:
    assert World.of(tmp_path, SEED, N_FEW).leaks() == {}


@pytest.mark.endurance
@pytest.mark.xdist_group("as_of")
@pytest.mark.parametrize("seed", range(SEED + 1, SEED + 9))
def test_nor_do_those_of_other_companies(tmp_path: Path, seed: int) -> None:
    assert World.of(tmp_path, seed, N_EXTRACTS).leaks() == {}


def table(file: Path, rows: str) -> Path:
    """A warehouse of one table: deal, team, first day known, first day not known any more."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema pipeline")
        connection.execute(
            "create table pipeline.fct_deal as select deal, team, "
            "cast(from_on as date) as known_from_on, cast(to_on as date) as known_to_on "
            f"from (values {rows}) as deals(deal, team, from_on, to_on)"
        )
    return file


@pytest.mark.parametrize(
    ("later", "leak"),
    [
        # Nothing new; ended later; another deal known later.
        ("('A', 'East', '2026-02-01', '9999-12-31')", None),
        ("('A', 'East', '2026-02-01', '2026-03-05'), ('A', 'West', '2026-03-05', null)", None),
        ("('A', 'East', '2026-02-01', '9999-12-31'), ('B', 'East', '2026-03-02', null)", None),
        # Another team in hindsight; ended in hindsight; dated back; gone; twice.
        ("('A', 'West', '2026-02-01', '9999-12-31')", "team"),
        ("('A', 'East', '2026-02-01', '2026-03-01')", "known_to_on"),
        ("('A', 'East', '2026-02-01', null), ('B', 'East', '2026-03-01', null)", "rows"),
        ("('A', 'East', '2026-03-02', '9999-12-31')", "rows"),
        ("('A', 'East', '2026-02-01', null), ('A', 'East', '2026-02-01', null)", "rows"),
    ],
)
def test_the_comparison_finds_what_changed(tmp_path: Path, later: str, leak: str | None) -> None:
    early = table(tmp_path / "early.duckdb", "('A', 'East', '2026-02-01', '9999-12-31')")
    late = table(tmp_path / "late.duckdb", later)
    rule = Past("known_from_on <= {day}", ends=("known_to_on",))
    name = "pipeline.fct_deal"
    found = leaks(early, late, DAY, {name: ("deal", "known_from_on")}, {name: rule})
    assert list(found) == ([(name, leak)] if leak else [])
