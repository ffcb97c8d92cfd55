"""Read demo extracts back the way a test wants them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.demo import DemoExtracts

Row = dict[str, str]
NO_LOOKUP = "000000000000000AAA"


@dataclass(frozen=True)
class Delivery:
    """The files of one company, by day."""

    folder: Path
    extracts: DemoExtracts

    @property
    def last(self) -> date:
        return self.extracts.days[-1]

    def rows(self, file_name: str, day: date | None = None) -> list[Row]:
        path = self.folder / (day or self.last).isoformat() / file_name
        encoding = "iso-8859-1" if file_name[0].isupper() else "utf-8"
        with path.open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file))

    def by_id(self, file_name: str, day: date | None = None) -> dict[str, Row]:
        return {row["Id"]: row for row in self.rows(file_name, day)}
