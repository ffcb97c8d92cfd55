"""The three real companies, each landed and run once for all its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment import COMPANIES, Deployment
from tests.realdata import SHARED


def published(deployment: Deployment, on: str, *folders: Path) -> Deployment:
    landed = deployment.land(on, *folders)
    assert landed.exit_code == 0, landed.output
    ran = deployment.run()
    assert ran.exit_code == 0, ran.output
    return deployment


@pytest.fixture(scope="session")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path_factory.mktemp("maven"))
    files = [SHARED / "maven_crm" / f"{name}.csv" for name in MAVEN_FILES]
    return published(deployment, "2018-01-02", *files)


MAVEN_FILES = ("accounts", "products", "sales_teams", "sales_pipeline")


@pytest.fixture(scope="session")
def adventureworks(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.of(COMPANIES / "adventureworks.yml", tmp_path_factory.mktemp("works"))
    return published(
        deployment, "2014-10-01", SHARED / "adventureworks", SHARED / "adventureworks_dw"
    )


@pytest.fixture(scope="session")
def devorg(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment.of(
        COMPANIES / "salesforce_devorg.yml", tmp_path_factory.mktemp("devorg")
    )
    return published(deployment, "2026-03-08", SHARED / "salesforce_devorg")
