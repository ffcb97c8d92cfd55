"""All that lies in models/marts is public, and refused while it lacks a part."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pipelines.assets.transform import build_transform
from pipelines.quality.dbt_tests import expected_tests
from pipelines.quality.suites import load_suites
from pipelines.settings import PROJECT_ROOT, ConfigurationError
from pipelines.transform import dbt_project
from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.marts import require_whole_marts
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
EXPECTATIONS = PROJECT_ROOT / "expectations"
REFERENCE = PROJECT_ROOT / "docs" / "reference" / "metrics.md"
SUITES = frozenset(suite.table for suite in load_suites(EXPECTATIONS))
RETENTION = """
models:
  - name: fct_kept
    description: Deals that were kept.
    columns:
      - {name: opportunity_key, data_type: varchar, description: Key of the deal.}
"""
ORDERS = "model.salesops.fct_order"
ORDER_KEY = "fct_order_is_unique"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """dbt's manifest of a copy of the project with a mart of which only the SQL was written."""
    folder = tmp_path_factory.mktemp("marts")
    project = folder / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", project, ignore=shutil.ignore_patterns("target"))
    (project / "models" / "marts" / "retention").mkdir()
    (project / "models" / "marts" / "retention" / "_retention.yml").write_text(RETENTION)
    (project / "models" / "marts" / "retention" / "fct_kept.sql").write_text(
        "with deals as (select * from {{ ref('core_opportunity') }})\n"
        "select opportunity_key from deals\n"
    )
    company = Deployment.of(DEMO, folder).company
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_project, "DBT_PROJECT", project)
        patch.setattr(dbt_project, "STAGING", project / "models" / "staging")
        with pytest.raises(ConfigurationError, match="fct_kept"):
            build_transform(company)
        return DbtProject(company).manifest()


@pytest.fixture
def whole(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of the project as it is."""
    copy = deepcopy(manifest)
    del copy["nodes"]["model.salesops.fct_kept"]
    return copy


def refusal(manifest: dict[str, Any], suites: frozenset[str] = SUITES) -> str:
    with pytest.raises(ConfigurationError) as refused:
        require_whole_marts(manifest, suites, REFERENCE)
    return str(refused.value)


def test_the_projects_own_marts_are_whole(whole: dict[str, Any]) -> None:
    require_whole_marts(whole, SUITES, REFERENCE)


def test_a_mart_that_was_only_written_is_told_everything_it_lacks(manifest: dict[str, Any]) -> None:
    said = refusal(manifest)
    assert said.count("\n") == 1
    for part in (
        "models/marts/retention/fct_kept.sql",
        "`retention: {+schema: retention, +meta: {owner: team:...}}`",
        "begin the description with 'One row per ...'",
        "unique on a column, or unique_rows",
        "+meta: {owner: team:...} for the subject",
        "expectations/retention.fct_kept.yaml",
        "`retention.fct_kept`",
    ):
        assert part in said


def without_subject(manifest: dict[str, Any]) -> None:
    manifest["nodes"][ORDERS]["fqn"] = ["salesops", "marts", "fct_order"]


def without_schema(manifest: dict[str, Any]) -> None:
    manifest["nodes"][ORDERS]["schema"] = "main"


def without_grain(manifest: dict[str, Any]) -> None:
    manifest["nodes"][ORDERS]["description"] = "Orders, as last known. One row per order."


def without_owner(manifest: dict[str, Any]) -> None:
    manifest["nodes"][ORDERS]["config"]["meta"] = {}


def without_contract(manifest: dict[str, Any]) -> None:
    manifest["nodes"][ORDERS]["config"]["contract"]["enforced"] = False


def without_key(manifest: dict[str, Any]) -> None:
    nodes = manifest["nodes"]
    [key] = [unique_id for unique_id, node in nodes.items() if node["name"] == ORDER_KEY]
    del nodes[key]


def with_a_key_that_warns(manifest: dict[str, Any]) -> None:
    [key] = [node for node in manifest["nodes"].values() if node["name"] == ORDER_KEY]
    key["config"]["severity"] = "WARN"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_subject, "a subject"),
        (without_schema, "a schema"),
        (without_grain, "its grain"),
        (without_owner, "an owner"),
        (without_contract, "an enforced contract"),
        (without_key, "a blocking test of its key"),
        (with_a_key_that_warns, "a blocking test of its key"),
    ],
)
def test_each_part_is_asked_for(
    whole: dict[str, Any], spoil: Callable[[dict[str, Any]], None], says: str
) -> None:
    spoil(whole)
    said = refusal(whole)
    assert "fct_order.sql lacks" in said
    assert says in said


def test_a_suite_and_a_line_of_the_reference_are_asked_for(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    assert "expectations/revenue.fct_order.yaml" in refusal(whole, SUITES - {"revenue.fct_order"})
    page = tmp_path / "metrics.md"
    page.write_text(REFERENCE.read_text().replace("fct_order`", "orders`"))
    with pytest.raises(ConfigurationError, match=r"name `revenue\.fct_order` there"):
        require_whole_marts(whole, SUITES, page)


def test_an_installed_program_has_no_reference_to_ask(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    require_whole_marts(whole, SUITES, tmp_path / "metrics.md")


def test_a_suite_about_no_mart_is_refused(whole: dict[str, Any]) -> None:
    assert "expectations/revenue.fct_oder.yaml" in refusal(whole, SUITES | {"revenue.fct_oder"})


def test_every_public_table_has_a_blocking_check_of_its_key_and_a_suite(
    whole: dict[str, Any],
) -> None:
    nodes = whole["nodes"]
    blocking = {
        unique_id
        for unique_id, check in expected_tests(whole, nodes.keys()).items()
        if check.severity == "block"
    }
    keyed = {
        nodes[node["attached_node"]]["name"]
        for unique_id, node in nodes.items()
        if (node.get("test_metadata") or {}).get("name") in {"unique", "unique_rows"}
        and unique_id in blocking
    }
    asked = {suite.table_name for suite in load_suites(EXPECTATIONS) if suite.expectations}
    public = {path.stem for path in (PROJECT_ROOT / "dbt_project/models/marts").rglob("*.sql")}
    assert len(public) > 30
    assert public - keyed == set()
    assert public - asked == set()
