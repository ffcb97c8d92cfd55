"""A demo company with all its crediting and quotas, published once from four extract days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import generate
from pipelines.serve import open_release
from pipelines.settings import PROJECT_ROOT
from tests.deployment import Deployment


@dataclass(frozen=True)
class Published:
    """A company's release, what really happened, and the raw log it was built from."""

    deployment: Deployment
    extracts: Path
    days: list[date]
    release: duckdb.DuckDBPyConnection
    truth: duckdb.DuckDBPyConnection

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.release.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, *parameters: Any) -> Any:
        [(value,)] = self.rows(sql, *parameters)
        return value

    def true(self, sql: str) -> list[tuple[Any, ...]]:
        return self.truth.execute(sql).fetchall()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("attainment")
    deployment = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", folder)
    extracts = generate(folder / "extracts", seed=7, scale=0.5)
    for day in extracts.days:
        landed = deployment.land(day.isoformat(), folder / "extracts" / day.isoformat())
        assert landed.exit_code == 0, landed.output
    ran = deployment.run()
    assert ran.exit_code == 0, ran.output
    release = open_release(deployment.company.paths.published)
    truth = duckdb.connect()
    for path in sorted((folder / "extracts" / "truth").iterdir()):
        if path.is_dir():
            truth.execute(f"create view {path.name} as select * from '{path}/*.parquet'")
    yield Published(deployment, folder / "extracts", extracts.days, release, truth)
    release.close()
    truth.close()
