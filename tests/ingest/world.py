"""A small company of its own for the tests: a source with two objects, delivered by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.ingest import BatchResult, LandingReport, land, load
from pipelines.settings import Company, load_company

SHOP: dict[str, Any] = {
    "description": "A shop's own system.",
    "owner": "team:revops",
    "formats": {"csv": {"timestamps": ["%Y-%m-%d %H:%M:%S"]}},
    "objects": {
        "deal": {
            "description": "Deals.",
            "files": ["deals*.csv"],
            "delivery": "full",
            "key": ["id"],
            "recorded_at": ["changed_at"],
            "optional": True,
            "columns": [
                {"name": "id", "required": True},
                {"name": "amount", "type": "decimal", "min": 0},
                {"name": "closed_on", "type": "date", "min": "2000-01-01"},
                {"name": "is_won", "type": "boolean"},
                {"name": "n_items", "type": "integer"},
                {"name": "email", "personal": "hash"},
                {"name": "changed_at", "type": "timestamp"},
            ],
            "also": ["remark"],
        },
        "click": {
            "description": "Clicks by day.",
            "files": ["clicks.csv"],
            "delivery": "incremental",
            "key": ["day_on"],
            "optional": True,
            "columns": [
                {"name": "day_on", "type": "date", "required": True},
                {"name": "n_clicks", "type": "integer", "required": True},
            ],
        },
    },
}
HEADER = "id,amount,closed_on,is_won,n_items,email,changed_at\n"
DEALS = HEADER + (
    "A,10.5,2026-01-31,true,3,Ann@Example.com,2026-01-05 09:00:00\n"
    "B,,,false,,,2026-01-06 09:00:00\n"
)
LOG = (
    "id, amount, _op, _recorded_at, _extracted_at, _extracted_on, _row_hash, _batch_id, _file, "
    "_line"
)


def days(*numbers: int) -> list[date]:
    return [date(2026, 3, number) for number in numbers]


def make_company(
    folder: Path, sources: str, time_zone: str = "UTC", today: str = "2039-12-31"
) -> Company:
    file = folder / "company.yml"
    file.write_text(
        f"name: Shop\nslug: shop\ntime_zone: {time_zone}\ncurrency: USD\nsources: {sources}\n"
        f"today: {today}\n"
        "paths: {landing: landing, warehouse: warehouse, published: published}\n"
    )
    return load_company(file)


@dataclass
class World:
    """A company, its deliveries and its warehouse."""

    folder: Path
    company: Company
    connection: duckdb.DuckDBPyConnection
    source: str = "shop"

    @classmethod
    def of(cls, folder: Path, source: str = "shop", choice: str = "{}", **company: Any) -> World:
        folder.mkdir(parents=True, exist_ok=True)
        return cls(
            folder,
            make_company(folder, f"{{{source}: {choice}}}", **company),
            duckdb.connect(str(folder / "warehouse.duckdb")),
            source,
        )

    def deliver(
        self,
        day: date,
        content: str | bytes,
        name: str = "deals.csv",
        *,
        replace: bool = False,
        unusual_day: date | None = None,
    ) -> LandingReport:
        path = self.folder / "outbox" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return land(self.company, day, [path], replace=replace, unusual_day=unusual_day)

    def load(self, *objects: str) -> list[BatchResult]:
        return load(self.connection, self.company, self.source, objects=objects or None)

    def try_load(self, content: str | bytes, name: str = "deals.csv") -> BatchResult:
        """Deliver a file on a day of its own and load it; the result of its batch."""
        self.deliver(days(1)[0], content, name)
        return self.load()[-1]

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(values)).fetchall()

    def log(self) -> list[tuple[Any, ...]]:
        """The raw log of the deals, whole and in order."""
        return self.rows(f"select {LOG} from raw.shop__deal order by all")

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.rows("select line, column_name, rule, value from control.rejects order by all")


def write_contract(folder: Path, document: dict[str, Any]) -> None:
    (folder / "shop.yml").write_text(yaml.safe_dump(document, sort_keys=False))
