"""What a build does, node by node: dbt's manifest and what dbt compiled, in the order of a build.

A test is asked as soon as everything it reads is there, and where it fails and blocks, nothing that
is made of all it reads is built; both as `dbt build` has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any


@dataclass(frozen=True)
class Node:
    """A seed, a model or a test of the project."""

    unique_id: str
    resource_type: str
    """`seed`, `model` or `test`."""
    schema: str
    name: str
    alias: str
    fqn: tuple[str, ...]
    materialized: str
    parents: tuple[str, ...]
    """Unique ids of what it reads, sources among them."""
    blocks: bool
    """Of a test: what is made of all it reads is not built when it fails."""
    compiled_code: str
    """SQL without any template; empty of a seed."""
    written: Mapping[str, Any]
    """As dbt's manifest has it."""

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"


class Plan:
    """Nodes in the order in which they are built or asked."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.unique_id: node for node in nodes}

    @cached_property
    def steps(self) -> list[Node]:
        """Every node after those it reads; tests come as early as they can."""
        sorter = TopologicalSorter(
            {
                name: [parent for parent in node.parents if parent in self._nodes]
                for name, node in sorted(self._nodes.items())
            }
        )
        sorter.prepare()
        order: list[Node] = []
        waiting: list[str] = []
        while sorter.is_active():
            waiting += sorted(sorter.get_ready())
            # A model at a time, so that what it lets be asked comes before the next one.
            waiting.sort(key=lambda name: self._nodes[name].resource_type != "test")
            name = waiting.pop(0)
            order.append(self._nodes[name])
            sorter.done(name)
        return order

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        above: dict[str, frozenset[str]] = {}
        for node in self.steps:
            own = [parent for parent in node.parents if parent in self._nodes]
            above[node.unique_id] = frozenset(own).union(*(above[parent] for parent in own))
        return above

    def made_of(self, failed: Node) -> set[str]:
        """What cannot be built or asked when a model failed, or a test that blocks."""
        if failed.resource_type != "test":
            return {name for name, above in self._ancestors.items() if failed.unique_id in above}
        read = {parent for parent in failed.parents if parent in self._nodes}
        if not failed.blocks or not read:
            return set()
        models = {
            name
            for name, above in self._ancestors.items()
            if read <= above and self._nodes[name].resource_type != "test"
        }
        return models | {name for name, above in self._ancestors.items() if models & above}


def nodes_of(
    manifest: Mapping[str, Any], compiled: Mapping[str, str], chosen: Collection[str]
) -> list[Node]:
    """The chosen nodes with their SQL.

    Args:
        compiled: SQL by unique id.
        chosen: unique ids.
    """
    return [
        _node(manifest["nodes"][unique_id], compiled.get(unique_id, ""))
        for unique_id in sorted(chosen)
    ]


def chosen_of(
    manifest: Mapping[str, Any],
    names: Collection[str],
    sources: Collection[str],
    *,
    tests: bool = True,
    models: bool = True,
) -> set[str]:
    """Unique ids of what is meant by names of models and tests; without a name, everything.

    Args:
        names: `+name` is a model with all it is made of.
        sources: those that are enabled; staging models of others are never meant.
        tests: with the tests that read one of the models.
        models: False for the tests alone.

    Raises:
        KeyError: there is no such model or test.
    """
    nodes = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["fqn"][1] != "staging"
        or node["resource_type"] != "model"
        or node["fqn"][2] in sources
    }
    made = {name for name, node in nodes.items() if node["resource_type"] in {"model", "seed"}}
    asked = {
        name
        for name, node in nodes.items()
        if node["resource_type"] == "test"
        and all(
            parent in made for parent in _parents(node) if parent.startswith(("model.", "seed."))
        )
    }
    if names:
        by_name = {nodes[unique_id]["name"]: unique_id for unique_id in made | asked}
        wanted = set()
        for name in names:
            unique_id = by_name[name.removeprefix("+")]
            wanted.add(unique_id)
            if name.startswith("+"):
                wanted |= _made_from(nodes, unique_id)
        made &= wanted
        asked = {
            test for test in asked if test in wanted or made.intersection(_parents(nodes[test]))
        }
    return (made if models else set()) | (asked if tests else set())


def _made_from(nodes: Mapping[str, Any], unique_id: str) -> set[str]:
    found: set[str] = set()
    waiting = [unique_id]
    while waiting:
        for parent in _parents(nodes[waiting.pop()]):
            if parent in nodes and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _parents(written: Mapping[str, Any]) -> tuple[str, ...]:
    """What a node reads; seeds read nothing."""
    return tuple(written["depends_on"].get("nodes", ()))


def _node(written: Mapping[str, Any], compiled_code: str) -> Node:
    config = written["config"]
    return Node(
        unique_id=written["unique_id"],
        resource_type=written["resource_type"],
        schema=written["schema"],
        name=written["name"],
        alias=written["alias"],
        fqn=tuple(written["fqn"]),
        materialized=str(config["materialized"]),
        parents=_parents(written),
        blocks=str(config.get("severity", "error")).lower() == "error",
        compiled_code=compiled_code,
        written=written,
    )
