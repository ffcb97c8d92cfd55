"""The demo company's extracts are never mixed with those of another company."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.cli import _refuse_other_company
from pipelines.settings import ConfigurationError
from tests.deployment import Deployment
from tests.sources.world import DEMO

DAY = date(2026, 6, 30)


def extracts() -> Any:
    file = SimpleNamespace(source="ecb", object="rate", day=DAY, path=Path("rates.csv"))
    return SimpleNamespace(files=[file])


def landed(deployment: Deployment, place: str) -> None:
    file = deployment.company.paths.landing / place
    file.parent.mkdir(parents=True)
    file.write_text("x", encoding="utf-8")


def test_a_file_of_another_company_is_named(tmp_path: Path) -> None:
    deployment = Deployment.of(DEMO, tmp_path)
    landed(deployment, f"ecb/rate/{DAY}/hist.csv")
    with pytest.raises(ConfigurationError, match=r"hist\.csv is none of the extracts") as refused:
        _refuse_other_company(deployment.company, extracts())
    assert "make clean" not in str(refused.value), "it would remove somebody's deliveries"


@pytest.mark.parametrize(
    "place", ["ecb/rate/2026-06-30/rates.csv", "quickbooks/bill/2026-06-30/b.csv"]
)
def test_its_own_files_and_added_sources_are_left(tmp_path: Path, place: str) -> None:
    deployment = Deployment.of(DEMO, tmp_path)
    landed(deployment, place)
    _refuse_other_company(deployment.company, extracts())
