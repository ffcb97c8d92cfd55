"""The shop, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.contracts import catalogue
from tests.ingest.world import SHOP, World, write_contract


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shop's contract in place of the project's own."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    write_contract(folder, SHOP)
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    return folder


@pytest.fixture
def shop(tmp_path: Path, contracts: Path) -> Iterator[World]:
    assert contracts.is_dir()
    world = World.of(tmp_path / "shop")
    yield world
    world.connection.close()
