"""What makes a mart: all that lies in models/marts is public, and refused while it lacks a part.

A subject, the grain in the first line, a key that is checked, an owner, an enforced contract, a
suite and a line in the reference. Read off dbt's manifest before anything runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.settings import ConfigurationError

KEY_TESTS = frozenset({"unique", "unique_rows"})
GRAIN = "One row"
"""How the first line of a description says what a row is."""


def require_whole_marts(
    manifest: Mapping[str, Any],
    suites: Collection[str],
    reference: Path,
) -> None:
    """Refuse marts that lack a part, and suites of tables that are none.

    Args:
        manifest: dbt's manifest.
        suites: tables that have a suite, as `schema.table`.
        reference: page on which every public table is named; not asked where it is not installed.

    Raises:
        ConfigurationError: names every mart and everything it lacks.
    """
    marts = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]
    keyed = {
        str(node.get("attached_node"))
        for node in manifest["nodes"].values()
        if (node.get("test_metadata") or {}).get("name") in KEY_TESTS and _blocks(node)
    }
    page = reference.read_text(encoding="utf-8") if reference.is_file() else None
    lacking = []
    for mart in sorted(marts, key=lambda node: node["original_file_path"]):
        parts = list(_lacks(mart, keyed, suites, page))
        if parts:
            lacking.append(f"  {mart['original_file_path']} lacks {'; '.join(parts)}")
    known = {f"{mart['schema']}.{mart['name']}" for mart in marts}
    lacking += [
        f"  expectations/{table}.yaml is about no table in models/marts: rename or remove it"
        for table in sorted(suites)
        if not table.startswith("raw.") and table not in known
    ]
    if lacking:
        raise ConfigurationError("marts are public and not complete:\n" + "\n".join(lacking))


def _lacks(
    mart: Mapping[str, Any], keyed: Collection[str], suites: Collection[str], page: str | None
) -> Iterator[str]:
    """What a mart has not got, and where it belongs."""
    schema, name = mart["schema"], mart["name"]
    subject = mart["fqn"][2] if len(mart["fqn"]) > 3 else None
    config = mart.get("config", {})
    if subject is None:
        yield "a subject: move it into a folder of models/marts"
    elif schema != subject:
        yield (
            f"a schema: add `{subject}: {{+schema: {subject}, +meta: {{owner: team:...}}}}` "
            "to marts in dbt_project.yml"
        )
    if not str(mart.get("description", "")).lstrip().startswith(GRAIN):
        yield f"its grain: begin the description with '{GRAIN} per ...'"
    if mart["unique_id"] not in keyed:
        yield "a blocking test of its key: unique on a column, or unique_rows on several"
    if not (config.get("meta") or {}).get("owner"):
        yield "an owner: set +meta: {owner: team:...} for the subject in dbt_project.yml"
    if not (config.get("contract") or {}).get("enforced"):
        yield "an enforced contract: leave contract as dbt_project.yml sets it"
    table = f"{subject or schema}.{name}"
    if table not in suites:
        yield f"a suite: write expectations/{table}.yaml"
    if page is not None and f"{name}`" not in page:
        yield f"a line in docs/reference/metrics.md: name `{table}` there"


def _blocks(test: Mapping[str, Any]) -> bool:
    return str(test.get("config", {}).get("severity", "error")).lower() != "warn"
