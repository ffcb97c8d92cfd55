"""Day after day on top of the last build gives every table as building it anew does."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import generate
from pipelines.settings import Company
from pipelines.transform import dbt_project
from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import Increment
from tests.history.world import build_models, deliver, demo_company, differences, public_schemas

FIRST = date(2026, 5, 4)
LAST = date(2026, 6, 30)
ENCODING = "iso-8859-1"

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding=ENCODING, newline="") as lines:
        return list(csv.DictReader(lines))


def write(path: Path, columns: Iterable[str], rows: Rows) -> None:
    with path.open("w", encoding=ENCODING, newline="") as lines:
        writer = csv.DictWriter(lines, list(columns), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True)
class Edit:
    """A change of one delivered file."""

    file: str
    change: Callable[[Rows], Rows]

    def apply(self, folder: Path) -> None:
        rows = read(folder / self.file)
        write(folder / self.file, rows[0], self.change(rows))


@dataclass(frozen=True)
class Step:
    """One delivery and the build after it."""

    day: int
    """Which day of the story is delivered."""
    edits: Sequence[Edit] = ()
    withheld: Sequence[str] = ()
    changes_only: bool = False
    """The CRM delivers what changed since the day before; otherwise every record it has."""
    reason: str = ""
    """What is said where everything has to be built anew."""
    compare: bool = False
    replace: bool = False


@dataclass
class Story:
    """The company that builds day by day, and its double that builds anew."""

    folder: Path
    company: Company = field(init=False)
    days: list[date] = field(init=False)

    def begin(self, n_days: int) -> None:
        self.days = [FIRST + timedelta(days=number) for number in range(n_days)]
        changes, whole = self.folder / "changes", self.folder / "whole"
        generate(changes, seed=13, scale=0.1, last_day=LAST, days=self.days, workers=1)
        shutil.copytree(changes, whole, ignore=shutil.ignore_patterns("*.delta.csv"))
        for first in sorted((whole / self.days[0].isoformat()).glob("[A-Z]*.csv")):
            rows = read(first)
            columns, state = list(rows[0]), {row["Id"]: row for row in rows}
            for day in self.days[1:]:
                delta = changes / day.isoformat() / f"{first.stem}.delta.csv"
                state |= {row["Id"]: row for row in read(delta)}
                kept = [row for row in state.values() if row.get("IsDeleted") != "1"]
                write(whole / day.isoformat() / first.name, columns, kept)
        self.company = demo_company(self.folder / "company")

    def take(self, step: Step) -> Increment:
        day = self.days[step.day]
        delivered = self.folder / "delivered"
        shutil.rmtree(delivered, ignore_errors=True)
        shutil.copytree(
            self.folder / ("changes" if step.changes_only else "whole") / day.isoformat(),
            delivered / day.isoformat(),
            ignore=shutil.ignore_patterns(*step.withheld),
        )
        for edit in step.edits:
            edit.apply(delivered / day.isoformat())
        deliver(self.company, delivered, [day], replace=step.replace)
        return build_models(DbtProject(self.company))

    def compared_with_a_rebuild(self) -> dict[str, str]:
        """Core and public tables that differ; those about the increment itself are left out."""
        folder = self.folder / "anew"
        folder.mkdir(exist_ok=True)
        paths = self.company.paths.model_copy(update={"warehouse": folder})
        double = self.company.model_copy(update={"paths": paths})
        shutil.copy(self.company.warehouse_file, double.warehouse_file)
        project = DbtProject(double)
        outcome = project.build(full_refresh=True, tests=False)
        assert outcome.success
        schemas = [*public_schemas(project), "core"]
        found = differences(self.company.warehouse_file, double.warehouse_file, schemas)
        return {name: example for name, example in found.items() if "core_changed" not in name}

    def follow(self, steps: Sequence[Step]) -> None:
        for number, step in enumerate(steps):
            increment = self.take(step)
            where = f"step {number}, {self.days[step.day]}"
            if step.reason:
                assert step.reason in increment.reason, where
            else:
                assert increment.reason == "", where
                assert increment.n_batches > 0, where
            if step.compare:
                assert self.compared_with_a_rebuild() == {}, where


def columns_not_compared(company: Company) -> set[str]:
    """What is known of a seller but would not be seen to have changed."""
    model = dbt_project.DBT_PROJECT / "models" / "core" / "core_changed_day.sql"
    compared = set(re.findall(r"participants_now\.(\w+)", model.read_text(encoding="utf-8")))
    with duckdb.connect(str(company.warehouse_file), read_only=True) as connection:
        columns = connection.execute(
            "select column_name from duckdb_columns() where table_name = 'core_participant_version'"
        ).fetchall()
    return {name for (name,) in columns} - compared - {"participant_key"}


def without_one_deal(rows: Rows) -> Rows:
    """A deal that stays open all the while, so that it is the same one every day."""
    gone = next(row["Id"] for row in rows if row["IsClosed"] == "0")
    return [row for row in rows if row["Id"] != gone]


def changed(
    column: str, where: Callable[[dict[str, str]], bool], value: str
) -> Callable[..., Rows]:
    """An edit of one column in the rows that are meant."""

    def change(rows: Rows) -> Rows:
        assert any(where(row) for row in rows)
        return [row | {column: value} if where(row) else row for row in rows]

    return change


DEAL_GONE = Edit("Opportunity.csv", without_one_deal)
DEAL_WORTH_MORE = Edit(
    "Opportunity.csv", changed("Amount", lambda row: row["IsClosed"] == "1", "123456.78")
)
TEAM_RENAMED = Edit(
    "UserRole.csv", changed("Name", lambda row: row["Name"].startswith("AMER"), "Americas")
)
MANAGER_MARRIED = Edit(
    "User.csv", changed("LastName", lambda row: "Sales" in row["Title"], "Oduya-Brandt")
)
TERRITORY_RENAMED = Edit(
    "territories.csv",
    changed("territory_name", lambda row: row["valid_to"] == "", "Renamed for all time"),
)
PRICE_RAISED = Edit(
    "PricebookEntry.csv", changed("UnitPrice", lambda row: row["CurrencyIsoCode"] == "USD", "999.0")
)
HISTORY = ("OpportunityHistory.csv",)
RECORDS = ("Opportunity.csv",)
ANEW = "there is no whole build"


@pytest.mark.slow
@pytest.mark.xdist_group("incremental")
def test_five_days_one_by_one_equal_a_rebuild(tmp_path: Path) -> None:
    """A deal goes and comes back, history lags behind its deals, a team is renamed."""
    story = Story(tmp_path)
    story.begin(5)
    story.follow(
        [
            Step(0, reason=ANEW),
            Step(1, edits=[DEAL_GONE]),
            Step(2, withheld=HISTORY),
            Step(3, edits=[TEAM_RENAMED]),
            Step(4, changes_only=True, compare=True),
        ]
    )
    assert columns_not_compared(story.company) == set()


@pytest.mark.endurance
@pytest.mark.xdist_group("incremental")
def test_a_month_of_daily_changes_equals_a_rebuild(tmp_path: Path) -> None:
    """What the demo company delivers by itself: one whole extract, then changes."""
    story = Story(tmp_path)
    story.begin(31)
    steps = [Step(day, changes_only=True, compare=day % 10 == 0) for day in range(1, 31)]
    story.follow([Step(0, reason=ANEW), *steps])


@pytest.mark.endurance
@pytest.mark.xdist_group("incremental")
def test_six_weeks_one_by_one_equal_a_rebuild(tmp_path: Path) -> None:
    """Whatever a company's systems do in six weeks; the tables are compared every few days."""
    story = Story(tmp_path)
    story.begin(40)
    steps = {day: Step(day, compare=day % 5 == 0) for day in range(1, 40)}

    def on(*days: int, **what: Any) -> None:
        for day in days:
            steps[day] = replace(steps[day], **what)

    def from_day_on(first: int, edit: Edit) -> None:
        for day in range(first, 40):
            on(day, edits=[*steps[day].edits, edit])

    on(1, 2, 3, 4, 5, 15, changes_only=True)
    on(6, 7, withheld=HISTORY, compare=True)
    on(8, compare=True)
    on(9, 10, withheld=RECORDS, compare=True)
    on(11, compare=True)
    on(12, 13, edits=[DEAL_GONE], compare=True)
    on(14, compare=True)
    from_day_on(16, TEAM_RENAMED)
    on(16, compare=True)
    from_day_on(18, MANAGER_MARRIED)
    on(18, compare=True)
    from_day_on(21, TERRITORY_RENAMED)
    on(21, compare=True)
    from_day_on(23, PRICE_RAISED)
    on(23, reason="change what every row may look up", compare=True)
    late = steps.pop(24)
    corrected = replace(
        steps[31], edits=[*steps[31].edits, DEAL_WORTH_MORE], reason="replaced", replace=True
    )
    story.follow(
        [
            Step(0, reason=ANEW),
            *(steps[day] for day in sorted(steps) if day <= 27),
            replace(late, reason="came late"),
            *(steps[day] for day in sorted(steps) if 27 < day <= 33),
            corrected,
            *(steps[day] for day in sorted(steps) if day > 33),
        ]
    )
    assert story.compared_with_a_rebuild() == {}


def test_the_comparison_sees_a_day_that_was_left_out(tmp_path: Path) -> None:
    """Equality above is worth something only if it can fail."""
    files = [tmp_path / "one.duckdb", tmp_path / "other.duckdb"]
    for file, n_days in zip(files, (3, 2), strict=True):
        with duckdb.connect(str(file)) as connection:
            connection.execute("create schema core")
            connection.execute(f"create table core.core_day as select * from range({n_days})")
    assert list(differences(*files, ["core"])) == ["core.core_day"]
