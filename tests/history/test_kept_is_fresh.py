"""A kept warehouse says what a fresh one says of the same landing folder and company file.

A company is run day by day through its own command, gate and release included, while things happen
to it: days come late, are corrected or withheld, sources are taken out and put back, policies,
currency, fiscal year, time zone, spellings, stages and models change. After each run every public
table is held against a build from nothing.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.assets.release import inputs_of
from pipelines.demo import generate
from pipelines.ingest import ensure_tables, load
from pipelines.ingest.reference import write_reference
from pipelines.ingest.sources import enabled_source
from pipelines.publish.manifest import DATABASE
from pipelines.settings import PROJECT_ROOT, Company, load_company
from pipelines.transform import dbt_project
from pipelines.transform.dbt_project import DbtProject
from tests.deployment import Deployment
from tests.history.world import DEMO, build_models, differences

SCALE = 0.03
FIRST_DAY, LAST_DAY = date(2025, 9, 1), date(2026, 6, 30)
DISPENSABLE = ("google_ads", "linkedin_ads", "marketo", "netsuite")
"""Sources a company of salespeople can do without for a while."""
MODELS = (
    (
        "models/marts/pipeline/fct_opportunity.sql",
        "min(product_id) <> max",
        "min(product_id) = max",
    ),
    ("models/core/core_snapshot_day.sql", "or is_period_start or", "or"),
    ("seeds/seed_account_segment.csv", "200", "100"),
)
POLICIES: dict[str, tuple[Any, ...]] = {
    "snapshot_weekday": ("sunday", "friday", "wednesday"),
    "attainment_rate": ("plan", "booked", "spot"),
    "min_closed_deals": (30, 5, 80),
    "proration_days": ("calendar_days", "working_days"),
    "leave_relief": (True, False),
    "min_people": (5, 2),
    "min_deals": (20, 3),
    "missing_open_amount": ("none", "list_price"),
}
TOLERANT: dict[str, Any] = {
    "closed_period_tolerance_pct": 1.0,
    "closed_period_event_pct": 1.0,
    "open_state_block_pct": None,
}
"""Everything that happens here is meant."""


@dataclass
class Life:
    """One company, and what happens to it."""

    folder: Path
    seed: int
    random: Random = field(init=False)
    days: list[date] = field(init=False)
    waiting: list[date] = field(default_factory=list)
    """Days whose extracts have not come yet."""
    landed: list[date] = field(default_factory=list)
    document: dict[str, Any] = field(init=False)
    log: list[str] = field(default_factory=list)

    def begin(self, n_days: int) -> None:
        self.random = Random(self.seed)
        self.days = [LAST_DAY - timedelta(days=7 * n) for n in reversed(range(n_days))]
        generate(
            self.folder / "extracts",
            seed=self.seed,
            scale=SCALE,
            first_day=FIRST_DAY,
            last_day=LAST_DAY,
            days=self.days,
            workers=1,
        )
        deployment = Deployment.of(DEMO, self.folder)
        self.document = yaml.safe_load(deployment.file.read_text(encoding="utf-8"))
        # What a source counts as credit does not follow when the company counts otherwise.
        self.document["policies"] |= TOLERANT | {"warn_only": ["credit_agrees_with_the_source"]}
        (self.folder / "reference").mkdir()
        self.document["reference"] = "reference"
        project = self.folder / "dbt_project"
        shutil.copytree(
            PROJECT_ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs")
        )

    @property
    def company(self) -> Company:
        return load_company(self.deployment.file)

    @property
    def deployment(self) -> Deployment:
        """The company file as it is meant now."""
        file = self.folder / "company.yml"
        file.write_text(yaml.safe_dump(self.document), encoding="utf-8")
        return Deployment(file)

    def accept(self, project: DbtProject) -> None:
        """Name whatever the gate could ask about; it is all meant."""
        models = project.manifest()["nodes"].values()
        tables = [f"{n['schema']}.{n['name']}" for n in models if n["resource_type"] == "model"]
        company = self.company
        objects = [
            f"{source}.{name}"
            for source in company.sources
            for name in enabled_source(company, source).objects
        ]
        until = LAST_DAY + timedelta(days=1)
        self.document["accepted_changes"] = [
            {"change": change, "reason": "it is meant", "until": until}
            for change in (*tables, *objects)
        ]

    def happen(self, day: date) -> None:
        """The day's extracts come, most of the time, and up to two other things happen."""
        self.waiting.append(day)
        happenings: list[Callable[[], str]] = [
            self.correct,
            self.take_out,
            self.put_back,
            self.change_policy,
            self.change_currency,
            self.change_fiscal_year,
            self.change_time_zone,
            self.respell,
            self.restage,
            self.change_model,
        ]
        is_first = not self.landed
        n_chosen = 0 if is_first else self.random.choice((0, 0, 0, 1, 2))
        if is_first or self.random.random() < 0.75:
            self.deliver(None if is_first or self.random.random() < 0.7 else "OpportunityHistory")
        for happening in self.random.sample(happenings, n_chosen):
            self.log.append(f"{day} {happening()}")

    def deliver(self, withheld: str | None) -> None:
        """All that waits, newest first, so that the others come late."""
        for day in reversed(self.waiting):
            files = sorted((self.folder / "extracts" / day.isoformat()).iterdir())
            chosen = [file for file in files if not withheld or withheld not in file.name]
            self._land(day, chosen)
            self.log.append(f"{day} landed" + (f" without {withheld}" if withheld else ""))
        self.landed += self.waiting
        self.waiting = []

    def _land(self, day: date, files: list[Path], *options: str) -> None:
        enabled = self.document["sources"]
        theirs = tuple(name for name in DISPENSABLE if name not in enabled)
        wanted = [str(file) for file in files if not file.name.startswith(theirs or ("\0",))]
        done = self.deployment.land(day.isoformat(), *wanted, options=options)
        assert done.exit_code == 0, done.output

    def correct(self) -> str:
        day = self.random.choice(self.landed)
        path = next((self.folder / "extracts" / day.isoformat()).glob("Opportunity.*csv"))
        with path.open(encoding="latin-1", newline="") as lines:
            rows = list(csv.DictReader(lines))
        for row in rows[:: self.random.randrange(2, 5)]:
            amount = Decimal(self.random.randrange(1, 90) * 500)
            row["Amount"] = f"{amount:.2f}"
            # The CRM keeps the product of the two; a check stops what it could not have written.
            if row.get("ExpectedRevenue"):
                row["ExpectedRevenue"] = f"{amount * Decimal(row['Probability']) / 100:.2f}"
        if not rows:
            return "nothing to correct"
        with path.open("w", encoding="latin-1", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]), quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        self._land(day, [path], "--replace")
        return f"corrected the deals of {day}"

    def take_out(self) -> str:
        enabled = [name for name in DISPENSABLE if name in self.document["sources"]]
        if not enabled:
            return "no source to take out"
        name = self.random.choice(enabled)
        del self.document["sources"][name]
        return f"took out {name}"

    def put_back(self) -> str:
        gone = [name for name in DISPENSABLE if name not in self.document["sources"]]
        if not gone:
            return "no source to put back"
        name = self.random.choice(gone)
        self.document["sources"][name] = {}
        for day in self.landed:
            files = sorted((self.folder / "extracts" / day.isoformat()).glob(f"{name}_*"))
            landed = self.company.paths.landing / name
            new = [f for f in files if not list(landed.glob(f"*/{day}/{f.name}"))]
            if new:
                self._land(day, new)
        return f"put back {name}"

    def change_policy(self) -> str:
        name = self.random.choice(sorted(POLICIES))
        self.document["policies"][name] = self.random.choice(POLICIES[name])
        return f"policy {name}: {self.document['policies'][name]}"

    def change_currency(self) -> str:
        return self._change("currency", "USD", "EUR", "GBP")

    def change_fiscal_year(self) -> str:
        return self._change("fiscal_year_starts_in", 2, 1, 7)

    def change_time_zone(self) -> str:
        # Further west a day ends later; further east the extracts of these evenings would be of a
        # day that has ended, and are refused.
        west = ("America/Denver", "America/Los_Angeles", "Pacific/Honolulu")
        return self._change("time_zone", "America/New_York", *west)

    def _change(self, key: str, *values: Any) -> str:
        self.document[key] = self.random.choice(values)
        return f"{key}: {self.document[key]}"

    def respell(self) -> str:
        with (self.folder / "reference" / "aliases.csv").open("w", encoding="utf-8") as file:
            file.write("domain,source_system,source_value,value\n")
            for value in self.random.sample(
                ("Transportation", "Retail", "Engineering", "Banking"), 2
            ):
                file.write(f"industry,salesforce,{value},{value} and more\n")
        return "industries spelled otherwise"

    def restage(self) -> str:
        seed = self.folder / "dbt_project" / "seeds" / "seed_stage.csv"
        with seed.open(encoding="utf-8", newline="") as lines:
            stages = [row for row in csv.DictReader(lines) if row["source_system"] == "salesforce"]
        changed = self.random.choice([row for row in stages if row["status"] == "open"])
        changed["forecast_category"] = self.random.choice(("Pipeline", "Best Case", "Commit"))
        with (self.folder / "reference" / "stages.csv").open("w", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(stages[0]))
            writer.writeheader()
            writer.writerows(stages)
        return f"stage {changed['stage']}: {changed['forecast_category']}"

    def change_model(self) -> str:
        name, old, new = self.random.choice(MODELS)
        file = self.folder / "dbt_project" / name
        text = file.read_text(encoding="utf-8")
        assert old in text or new in text, name
        file.write_text(text.replace(old, new), encoding="utf-8")
        return f"{name} changed"

    def run(self) -> dict[str, str]:
        """Run the company and say where it differs from a build from nothing."""
        self.accept(DbtProject(self.company))
        deployment = self.deployment
        before = deployment.release_id
        ran = deployment.run()
        company = deployment.company
        is_new = deployment.release_id != before
        assert is_new == (ran.exit_code == 0), ran.output
        assert is_new, "\n".join([*self.log, ran.output])
        fresh = self.fresh(company)
        release = company.paths.published / "current" / DATABASE
        schemas = sorted({schema for schema, _ in public_tables(fresh)})
        found = differences(release, fresh.warehouse_file, schemas)
        kept, anew = (_inputs(each) for each in (company, fresh))
        if kept != anew:
            found["inputs"] = f"{kept} instead of {anew}"
        here, there = _relations(company), _relations(fresh)
        found |= dict.fromkeys(here ^ there, "in one warehouse only")
        shutil.rmtree(fresh.paths.warehouse)
        return found

    def fresh(self, company: Company) -> Company:
        """The same company with a warehouse of nothing but its landing folder."""
        paths = company.paths.model_copy(update={"warehouse": self.folder / "fresh"})
        fresh = company.model_copy(update={"paths": paths})
        paths.warehouse.mkdir()
        with duckdb.connect(str(fresh.warehouse_file)) as connection:
            ensure_tables(connection, fresh)
            write_reference(connection, fresh)
            for source in fresh.sources:
                failed = [b for b in load(connection, fresh, source) if b.status == "failed"]
                assert not failed, failed[0].message
            connection.execute(
                "create table control.missed_days (source varchar, object varchar, extract_on date)"
            )
        build_models(DbtProject(fresh))
        return fresh


def public_tables(company: Company) -> Iterator[tuple[str, str]]:
    for node in DbtProject(company).manifest()["nodes"].values():
        if node["resource_type"] == "model" and node["fqn"][1] == "marts":
            yield node["schema"], node["name"]


def _inputs(company: Company) -> Any:
    with duckdb.connect(str(company.warehouse_file)) as connection:
        return inputs_of(connection, company)


def _relations(company: Company) -> set[str]:
    """Tables and views that dbt built."""
    with duckdb.connect(str(company.warehouse_file)) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema not in ('raw', 'control', 'increment')"
        ).fetchall()
    return {name for (name,) in names}


def live(folder: Path, seed: int, n_days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    print(f"a life of seed {seed}")
    life = Life(folder, seed)
    life.begin(n_days)
    monkeypatch.setattr(dbt_project, "DBT_PROJECT", folder / "dbt_project")
    for day in life.days:
        life.happen(day)
        assert life.run() == {}, "\n".join([f"seed {seed}", *life.log])


@pytest.mark.endurance
@pytest.mark.xdist_group("kept_is_fresh")
def test_a_few_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live(tmp_path, seed=1, n_days=4, monkeypatch=monkeypatch)


@pytest.mark.endurance
@pytest.mark.xdist_group("kept_is_fresh")
@pytest.mark.parametrize("seed", range(2, 14))
def test_six_days(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live(tmp_path, seed=seed, n_days=6, monkeypatch=monkeypatch)
