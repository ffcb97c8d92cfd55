"""Data moves one way, from staging to the release: on dbt's manifest and on the asset graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from graphlib import TopologicalSorter
from typing import Any

import pytest

from pipelines.assets import build_pipeline
from pipelines.settings import PROJECT_ROOT, Company
from pipelines.transform.dbt_project import STAGING, DbtProject
from tests.asset_graph import SNAPSHOT, described
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
GIVEN = {"config", "control", "increment"}
"""Schemas of what the pipeline gives itself: company file, ledger, what the last build was."""
FIRST = ["landing", "raw", "config", "control", "increment", "staging", "core"]
"""Groups from left to right; the subjects follow, and the release is last."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Deployment.of(DEMO, tmp_path_factory.mktemp("layers")).company


@pytest.fixture(scope="module")
def manifest(company: Company) -> Mapping[str, Any]:
    return DbtProject(company).manifest()


def layer(node: Mapping[str, Any]) -> tuple[str, str]:
    """(layer, subject or source) of a node of the manifest."""
    if node["resource_type"] == "source":
        schema = node["schema"]
        return (schema if schema in GIVEN else "source", node["source_name"])
    if node["resource_type"] == "seed":
        return f"seed of {node['schema']}", ""
    return node["fqn"][1], node["fqn"][2] if len(node["fqn"]) > 3 else ""


def reads(manifest: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str], tuple[str, str]]]:
    """What each model is called, where it lies, and where something it reads lies."""
    nodes = manifest["nodes"] | manifest["sources"]
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            for parent in node["depends_on"]["nodes"]:
                yield (
                    f"{node['name']} reads {nodes[parent]['name']}",
                    layer(node),
                    layer(nodes[parent]),
                )


def is_forward(here: tuple[str, str], there: tuple[str, str]) -> bool:
    if here[0] == "staging":
        return there == ("source", here[1]) or there[0] in {"seed of staging", "config"}
    if here[0] == "core":
        return there[0] in {"staging", "core", "seed of core", *GIVEN}
    return there[0] in {"core", "seed of core"} or there in {here, ("marts", "shared")}


def test_models_read_from_the_left_only(manifest: Mapping[str, Any]) -> None:
    found = list(reads(manifest))
    assert len(found) > 400
    assert [name for name, here, there in found if not is_forward(here, there)] == []


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (("staging", "stripe"), ("seed of core", "")),
        (("staging", "stripe"), ("source", "hubspot")),
        (("staging", "stripe"), ("core", "")),
        (("core", ""), ("marts", "attainment")),
        (("core", ""), ("source", "stripe")),
        (("marts", "revenue"), ("staging", "stripe")),
        (("marts", "revenue"), ("marts", "attainment")),
        (("marts", "shared"), ("marts", "revenue")),
    ],
)
def test_what_runs_back_is_seen(here: tuple[str, str], there: tuple[str, str]) -> None:
    assert not is_forward(here, there)


def test_the_lineage_by_group_reads_from_left_to_right(company: Company) -> None:
    graph = build_pipeline(company).definitions.resolve_asset_graph()
    groups = {key: graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert "default" not in groups.values()
    subjects = sorted(set(groups.values()) - {*FIRST, "release"})
    assert subjects == sorted(path.name for path in (STAGING.parent / "marts").iterdir())
    crossing = {
        (groups[parent], group)
        for key, group in groups.items()
        for parent in graph.get(key).parent_keys
        if groups[parent] != group
    }
    order = {name: place for place, name in enumerate([*FIRST, *subjects, "release"])}
    order |= dict.fromkeys(set(subjects) - {"shared"}, len(order))
    order["release"] = len(order) + 1
    assert [(one, other) for one, other in crossing if order[one] >= order[other]] == []
    before: dict[str, set[str]] = {}
    for one, other in crossing:
        before.setdefault(other, set()).add(one)
    assert list(TopologicalSorter(before).static_order())[-1] == "release"


def test_what_a_company_does_not_have_is_not_shown(company: Company) -> None:
    graph = build_pipeline(company).definitions.resolve_asset_graph()
    shown = {
        key.path[-1].removeprefix("stg_").partition("__")[0]
        for key in graph.get_all_asset_keys()
        if key.path[-1].startswith("stg_")
    } | {key.path[1] for key in graph.get_all_asset_keys() if key.path[0] in {"raw", "landing"}}
    assert shown == set(company.sources)


def test_the_asset_graph_is_as_it_was_reviewed(company: Company) -> None:
    """Keys, groups, owners, checks and dependencies; `python -m tests.asset_graph` renews it."""
    before = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    difference = list(unified_diff(before, described(company).splitlines(), lineterm="", n=1))
    assert not difference, "\n".join(difference[:60])
