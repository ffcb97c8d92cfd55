"""What every test gets: a Dagster history of its own, apart from the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_dagster_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = dict(os.environ)
    os.environ["SALESOPS_DAGSTER_STORAGE"] = str(tmp_path_factory.mktemp("dagster"))
    os.environ.pop("DAGSTER_HOME", None)
    yield
    os.environ.clear()
    os.environ.update(before)
