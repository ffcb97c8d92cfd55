"""A company on all systems at once, fed with small files in each system's own format."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import load_contract
from pipelines.ingest import BatchResult, ensure_tables, land, load
from pipelines.ingest.reference import write_reference
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.transform.dbt_project import DbtProject
from tests.deployment import Deployment
from tests.history.world import build_models

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"

Row = Mapping[str, object]


@dataclass(frozen=True)
class Systems:
    """One company file that enables some sources, and the warehouse below it."""

    folder: Path
    company: Company

    @classmethod
    def of(cls, folder: Path, *sources: str, **formats: str) -> Systems:
        folder.mkdir(parents=True, exist_ok=True)
        chosen: dict[str, Any] = {name: {} for name in sources}
        chosen |= {name: {"format": format_name} for name, format_name in formats.items()}
        company = Deployment.of(DEMO, folder, sources=chosen).company
        company.paths.warehouse.mkdir()
        return cls(folder, company)

    def deliver(self, day: date, source: str, **tables: Sequence[Row]) -> None:
        """Land one file per table, with every column a real export of the system has."""
        for name, rows in tables.items():
            self.land(day, self.write(source, name, rows))

    def write(self, source: str, name: str, rows: Sequence[Row]) -> Path:
        """A file with the contract's whole header; columns that a row does not name are empty."""
        choice = self.company.sources[source].format
        contract = load_contract(source)
        format_name = choice or next(iter(contract.formats))
        format_ = contract.format_of(name, format_name)
        described = contract.objects[name].written_in(format_)
        header = [*(column.source for column in described.columns), *described.also]
        file = described.files[0].replace("*", "")
        if source == "salesforce" and format_name == "connector":
            file = f"salesforce_{name}.csv"
        path = self.folder / "outbox" / file
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding=format_.encoding, newline="") as out:
            writer = csv.DictWriter(out, list(dict.fromkeys(header)), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def land(self, day: date, *paths: Path) -> None:
        # Whatever day a test delivers is meant.
        report = land(self.company, day, list(paths), unusual_day=day)
        assert not report.unmatched

    def build(self, *models: str) -> None:
        """Load all that has landed and build every model, or these and what they are made of."""
        self.load()
        build_models(DbtProject(self.company), *(f"+{model}" for model in models))

    def load(self) -> None:
        """Take in all that has landed and is outstanding."""
        with duckdb.connect(str(self.company.warehouse_file)) as connection:
            ensure_tables(connection, self.company)
            write_reference(connection, self.company)
            failed = [batch for batch in self._load(connection) if batch.status == "failed"]
            assert not failed, failed[0].message

    def _load(self, connection: duckdb.DuckDBPyConnection) -> Iterable[BatchResult]:
        for source in self.company.sources:
            if (self.company.paths.landing / source).is_dir():
                yield from load(connection, self.company, source)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.company.warehouse_file), read_only=True) as connection:
            return connection.execute(sql).fetchall()
