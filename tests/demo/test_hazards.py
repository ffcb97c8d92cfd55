"""A company whose files are spoilt gives the very log that the clean one gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import DemoExtracts, daily, generate
from pipelines.demo.hazards import DRESSES
from pipelines.ingest import land, load
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"


def log(folder: Path, extracts: DemoExtracts) -> dict[str, list[tuple[Any, ...]]]:
    """The raw log but for the places in files; loaded after every arrival."""
    company = Deployment.of(DEMO, folder).company
    with duckdb.connect() as connection:
        for day in extracts.arrival:
            land(company, day, [folder / "extracts" / day.isoformat()])
            for source in company.sources:
                results = load(connection, company, source)
                assert all(result.status != "failed" for result in results)
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw' order by 1"
        ).fetchall()
        return {
            name: connection.execute(
                f'select * exclude (_batch_id, _file, _line) from raw."{name}" order by all'
            ).fetchall()
            for (name,) in tables
        }


@pytest.mark.slow
def test_hazards_change_nothing_that_is_true(tmp_path: Path) -> None:
    logs = []
    for hazards in (False, True):
        folder = tmp_path / str(hazards)
        folder.mkdir()
        extracts = generate(
            folder / "extracts", scale=0.1, days=daily(6), hazards=hazards, workers=1
        )
        logs.append(log(folder, extracts))
        assert all(file.path.exists() for file in extracts.files)
    clean, spoilt = logs
    assert clean.keys() == spoilt.keys()
    for table in clean:
        assert clean[table] == spoilt[table], table
    story = json.loads((tmp_path / "True" / "extracts" / "truth" / "hazards.json").read_text())
    assert story["arrival"] != sorted(story["arrival"])
    for hazard in ("doubled", "repeated", "padded"):
        assert sum(file.get(hazard, 0) for file in story["files"]) > 5, hazard
    assert {file["form"] for file in story["files"] if "form" in file} == DRESSES.keys()
