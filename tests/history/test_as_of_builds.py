"""A build as of a day gives every public table as the extracts up to that day alone give it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.demo import generate
from pipelines.settings import Company
from pipelines.transform import dbt_project
from pipelines.transform.dbt_project import DbtProject
from tests.history.world import build_models, deliver, demo_company, differences, public_schemas

pytestmark = pytest.mark.xdist_group("as_of_builds")


@dataclass(frozen=True)
class Two:
    """The same company twice: `early` grows extract by extract, `late` has them all."""

    days: list[date]
    extracts: Path
    folder: Path
    early: Company
    late: Company

    def as_of(self, day: date | str, file: Path) -> tuple[int, str]:
        """Exit code and output of the command on the company that has everything."""
        arguments = ["as-of", str(day), "--out", str(file), "--company", str(self.late.file)]
        result = CliRunner().invoke(app, arguments)
        return result.exit_code, " ".join(result.output.split())


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    folder = tmp_path_factory.mktemp("as_of_builds")
    days = generate(folder / "extracts", seed=12, scale=0.1).days
    early, late = demo_company(folder / "early"), demo_company(folder / "late")
    deliver(late, folder / "extracts", days)
    return Two(days, folder / "extracts", folder, early, late)


@pytest.fixture(scope="module")
def pairs(two: Two) -> dict[date, tuple[Path, Path]]:
    """By extract day: the warehouse that knows no later one, and the file built as of it."""
    found = {}
    first, second, *_ = two.days
    # Between two extracts nothing of the later one is known yet.
    for day, asked in ((first, first), (second, second + timedelta(days=3))):
        deliver(two.early, two.extracts, [day])
        build_models(DbtProject(two.early))
        alone = two.folder / f"alone_{day}.duckdb"
        shutil.copy(two.early.warehouse_file, alone)
        file = two.folder / f"as_of_{day}.duckdb"
        exit_code, output = two.as_of(asked, file)
        assert exit_code == 0, output
        assert f"data as of {day}" in output
        found[day] = (alone, file)
    return found


@pytest.mark.parametrize("position", [0, 1])
def test_every_public_table_is_what_the_early_extracts_alone_give(
    two: Two, pairs: dict[date, tuple[Path, Path]], position: int
) -> None:
    alone, as_of = pairs[two.days[position]]
    schemas = public_schemas(DbtProject(two.early))
    assert differences(alone, as_of, schemas) == {}


def test_the_days_differ(two: Two, pairs: dict[date, tuple[Path, Path]]) -> None:
    """Equality above is worth something only if there was something to tell apart."""
    (_, first), (_, second) = (pairs[day] for day in two.days[:2])
    differing = differences(first, second, public_schemas(DbtProject(two.early)))
    assert {"pipeline.fct_opportunity", "forecast.fct_forecast", "revenue.fct_invoice"} <= set(
        differing
    )


def test_tables_carry_their_comments(pairs: dict[date, tuple[Path, Path]]) -> None:
    _, file = next(iter(pairs.values()))
    with duckdb.connect(str(file), read_only=True) as connection:
        silent = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where not internal and comment is null"
        ).fetchall()
    assert silent == []


@pytest.mark.slow
def test_a_model_that_reads_past_the_cut_is_caught(
    two: Two,
    pairs: dict[date, tuple[Path, Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The comparison can fail: accounts of later extracts would be in it."""
    leaky = tmp_path / "dbt_project"
    shutil.copytree(dbt_project.DBT_PROJECT, leaky, ignore=shutil.ignore_patterns("target"))
    model = leaky / "models" / "staging" / "salesforce" / "stg_salesforce__account.sql"
    cut = "{{ source('salesforce', 'account') }}"
    text = model.read_text(encoding="utf-8")
    assert cut in text
    model.write_text(text.replace("source(", "builtins.source("), encoding="utf-8")
    monkeypatch.setattr(dbt_project, "DBT_PROJECT", leaky)

    exit_code, output = two.as_of(two.days[0], tmp_path / "leak.duckdb")

    assert exit_code == 0, output
    alone, _ = pairs[two.days[0]]
    differing = differences(alone, tmp_path / "leak.duckdb", public_schemas(DbtProject(two.early)))
    assert {"shared.dim_account", "pipeline.fct_opportunity"} & set(differing)


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (-1, "nothing was known on {day}: the first of 4 extracts is of {first}"),
        (100, "{day} is not known yet: the newest of 4 extracts is of {last}"),
    ],
)
def test_a_day_outside_the_extracts_is_refused(
    two: Two, tmp_path: Path, shift: int, message: str
) -> None:
    day = two.days[0] + timedelta(days=shift)
    exit_code, output = two.as_of(day, tmp_path / "never.duckdb")
    assert exit_code == 2
    assert message.format(day=day, first=two.days[0], last=two.days[-1]) in output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_left_alone(two: Two) -> None:
    before = two.late.warehouse_file.stat()
    exit_code, output = two.as_of(two.days[0], two.late.warehouse_file)
    assert exit_code == 2
    assert "exists already" in output
    assert two.late.warehouse_file.stat() == before


def test_a_company_without_a_warehouse_is_told_what_to_do(tmp_path: Path) -> None:
    empty = demo_company(tmp_path)
    arguments = ["as-of", "2026-06-30", "--out", str(tmp_path / "x.duckdb")]
    result = CliRunner().invoke(app, [*arguments, "--company", str(empty.file)])
    assert result.exit_code == 2
    assert "nothing is loaded yet" in result.output
