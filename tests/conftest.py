"""What every test gets: a Dagster history of its own, and the project as dbt has read it before."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import pytest
from dbt_common.tests import enable_test_caching
from hypothesis import HealthCheck, settings

from pipelines.contracts import catalogue
from pipelines.transform import dbt_project

# No example fails because the machine is busy.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


# dbt's own, for tests that read projects again and again: what Jinja made of a text is kept.
enable_test_caching()


class SharedByWorkers(MutableMapping[str, bytes]):
    """Values in files of one folder, for the processes of one test run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / hashlib.sha256(key.encode()).hexdigest()

    def __getitem__(self, key: str) -> bytes:
        try:
            return self._file(key).read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: bytes) -> None:
        written = self._file(key).with_suffix(f".{os.getpid()}")
        written.write_bytes(value)
        written.replace(self._file(key))

    def __delitem__(self, key: str) -> None:
        self._file(key).unlink()

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("names of files are hashes of the keys")

    def __len__(self) -> int:
        return len(list(self.folder.iterdir()))


@pytest.fixture(scope="session", autouse=True)
def _one_reading_of_the_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = dbt_project.PARSED
    if "PYTEST_XDIST_WORKER" in os.environ:
        dbt_project.PARSED = SharedByWorkers(tmp_path_factory.getbasetemp().parent / "parsed")
    yield
    dbt_project.PARSED = before


@pytest.fixture(scope="session", autouse=True)
def _own_dagster_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = dict(os.environ)
    os.environ["SALESOPS_DAGSTER_STORAGE"] = str(tmp_path_factory.mktemp("dagster"))
    os.environ.pop("DAGSTER_HOME", None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the contracts, to be spoiled."""
    copy = tmp_path / "contracts"
    shutil.copytree(catalogue.FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(catalogue, "FOLDER", copy)
    return copy
