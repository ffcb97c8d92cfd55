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
        """A file of a day; of a CRM object the state at the end of the day, from all files."""
        until, file_name = day or self.last, file_name.replace(".delta", "")
        if not file_name[0].isupper():
            return self.file_rows(until, file_name)
        state: dict[str, Row] = {}
        for delivered in self.extracts.days:
            if delivered <= until:
                is_first = delivered == self.extracts.days[0]
                name = file_name if is_first else file_name.replace(".csv", ".delta.csv")
                state |= {row["Id"]: row for row in self.file_rows(delivered, name)}
        return list(state.values())

    def table(self, name: str, *key: str, day: date | None = None) -> list[Row]:
        """A connector's table at the end of a day, from all files; without what is gone."""
        until = day or self.last
        state: dict[tuple[str, ...], Row] = {}
        for delivered in self.extracts.days:
            if delivered <= until and (self.folder / str(delivered) / f"{name}.csv").exists():
                for row in self.file_rows(delivered, f"{name}.csv"):
                    state[tuple(row[column] for column in key)] = row
        return [row for row in state.values() if row.get("_fivetran_deleted") != "TRUE"]

    def file_rows(self, day: date, file_name: str) -> list[Row]:
        path = self.folder / day.isoformat() / file_name
        encoding = "iso-8859-1" if file_name[0].isupper() else "utf-8"
        with path.open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file))

    def by_id(self, file_name: str, day: date | None = None) -> dict[str, Row]:
        return {row["Id"]: row for row in self.rows(file_name, day)}
