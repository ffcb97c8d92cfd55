"""The asset graph of the demo company as text, whose difference a reviewer can read.

`python -m tests.asset_graph` writes it anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from pipelines.assets import build_pipeline
from pipelines.settings import PROJECT_ROOT, Company
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
SNAPSHOT = Path(__file__).parent / "asset_graph.txt"


def described(company: Company) -> str:
    """One block an asset: key, group, owners; what it reads; its checks and which of them block."""
    return "\n".join(_lines(build_pipeline(company).definitions)) + "\n"


def _lines(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    checks: dict[dg.AssetKey, list[str]] = {}
    for key in graph.asset_check_keys:
        mark = " (blocks)" if graph.get(key).blocking else ""
        checks.setdefault(key.asset_key, []).append(f"{key.name}{mark}")
    for key in sorted(graph.get_all_asset_keys(), key=lambda each: each.path):
        node = graph.get(key)
        owners = ", ".join(sorted(node.owners))
        yield f"{key.to_user_string()} [{node.group_name}] {owners}".rstrip()
        for parent in sorted(node.parent_keys, key=lambda each: each.path):
            yield f"  reads {parent.to_user_string()}"
        for check in sorted(checks.get(key, [])):
            yield f"  check {check}"


def main() -> None:
    """Write the snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        SNAPSHOT.write_text(described(Deployment.of(DEMO, Path(folder)).company), encoding="utf-8")


if __name__ == "__main__":
    main()
