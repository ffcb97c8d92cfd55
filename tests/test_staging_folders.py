"""A staging model or seed that nothing would read is refused before a run, with the known names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_ROOT, ConfigurationError, load_company
from pipelines.transform.dbt_project import DBT_PROJECT, entity_sources
from pipelines.transform.staging import check_staging


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The parts of the dbt project in which models are found by their names."""
    for part in ("macros", "models/staging", "seeds"):
        shutil.copytree(DBT_PROJECT / part, tmp_path / "dbt_project" / part)
    return tmp_path / "dbt_project"


def test_the_project_itself_is_in_order(project: Path) -> None:
    check_staging(project)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (
            "maven_crm/stg_maven_crm__participants.sql",
            "no entity 'participants': did you mean 'participant'? known: account, ",
        ),
        ("maven_crm/stg_maven__participant.sql", "is read by nothing: models of maven_crm are"),
        ("maven_crm/stg_maven_crm_participant.sql", "stg_maven_crm__<entity>.sql"),
        ("maven_crm/old/stg_maven_crm__participant.sql", "is read by nothing"),
        (
            "sales_force/stg_sales_force__lead.sql",
            "is the folder of no source: did you mean 'salesforce'? known: adventureworks, ",
        ),
    ],
)
def test_a_model_that_nothing_reads_is_refused(project: Path, file: str, says: str) -> None:
    path = project / "models" / "staging" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("select 1 as one")
    with pytest.raises(ConfigurationError) as error:
        check_staging(project)
    assert says in str(error.value)
    assert file.partition("/")[0] in str(error.value)


def test_a_seed_of_an_unknown_source_is_refused(project: Path) -> None:
    with (project / "seeds" / "seed_stage.csv").open("a") as seed:
        seed.write("salesfroce,Prospecting,1,open,Pipeline\n")
    with pytest.raises(ConfigurationError, match="no source 'salesfroce': did you mean"):
        check_staging(project)


def test_a_run_asks_first(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    company = load_company(PROJECT_ROOT / "data" / "demo" / "company.yml")
    (project / "models" / "staging" / "ecb" / "stg_ecb__rates.sql").write_text("select 1 as one")
    monkeypatch.setattr("pipelines.transform.dbt_project.DBT_PROJECT", project)
    with pytest.raises(ConfigurationError, match="no entity 'rates'"):
        entity_sources(company)
