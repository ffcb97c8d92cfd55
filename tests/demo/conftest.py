"""Two demo companies for all tests: a small one, and the one every user gets."""

from __future__ import annotations

import pytest

from pipelines.demo import generate
from tests.demo.extracts import Delivery


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    folder = tmp_path_factory.mktemp("small")
    return Delivery(folder, generate(folder, scale=0.1))


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    folder = tmp_path_factory.mktemp("company")
    return Delivery(folder, generate(folder))
