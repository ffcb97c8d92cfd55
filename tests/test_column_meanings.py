"""What columns of public tables mean is written once, and lists the values that there are."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from pipelines.settings import PROJECT_ROOT, Company
from pipelines.transform.dbt_project import DBT_PROJECT, DbtProject
from tests.deployment import Deployment

DEMO = PROJECT_ROOT / "data" / "demo" / "company.yml"
TICKED = re.compile(r"`([\w ]+)`")
LISTED = re.compile(r"`\w[\w ]*`(?:,| \([^)]*\),?) `\w")
"""The beginning of a list of values."""
OF_A_SEED = {
    ("fct_order", "status"): "seed_document_state.csv",
    ("fct_invoice", "status"): "seed_document_state.csv",
}
"""Columns whose values are the first column of a seed, which the models look them up in."""


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Any]:
    """Every column of every public table, by table and name."""
    company: Company = Deployment.of(DEMO, tmp_path_factory.mktemp("columns")).company
    return {
        (node["name"], name): column
        for node in DbtProject(company).manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
        for name, column in node["columns"].items()
    }


def vocabularies() -> Iterator[tuple[tuple[str, str], set[str]]]:
    """Columns of which the gate or a seed knows every value."""
    for path in sorted((PROJECT_ROOT / "expectations").glob("*.yaml")):
        suite = yaml.safe_load(path.read_text(encoding="utf-8"))
        subject, _, table = suite["table"].partition(".")
        for each in suite["expectations"] if subject != "raw" else []:
            values = each.get("value_set", [])
            if values and all(isinstance(value, str) for value in values):
                yield (table, each["column"]), set(values)
    for column, seed in OF_A_SEED.items():
        with (DBT_PROJECT / "seeds" / seed).open(encoding="utf-8", newline="") as lines:
            yield column, {row[0] for row in list(csv.reader(lines))[1:]}


def test_a_meaning_is_written_once(columns: Mapping[tuple[str, str], Any]) -> None:
    spelled_out = Counter(
        (name, " ".join(column["description"].split()))
        for (_, name), column in columns.items()
        if not column["doc_blocks"]
    )
    assert [key for key, n in spelled_out.items() if n > 1] == [], "write it into columns.md"


def test_what_is_written_for_all_is_used_by_several(
    columns: Mapping[tuple[str, str], Any],
) -> None:
    text = (DBT_PROJECT / "models" / "columns.md").read_text(encoding="utf-8")
    used = Counter(
        block.rpartition(".")[2] for column in columns.values() for block in column["doc_blocks"]
    )
    assert [name for name in re.findall(r"{% docs (\w+) %}", text) if used[name] < 2] == []
    for (_, name), column in columns.items():
        for block in column["doc_blocks"]:
            assert block.partition("__")[0] == f"doc.salesops.{name}"


def test_a_meaning_lists_the_values_that_there_are(
    columns: Mapping[tuple[str, str], Any],
) -> None:
    known = dict(vocabularies())
    assert len(known) > 20
    listed = {
        key: set(TICKED.findall(column["description"])) - {"unassigned"}
        for key, column in columns.items()
        if key in known
    }
    assert listed == known


def test_who_lists_values_has_them_checked(columns: Mapping[tuple[str, str], Any]) -> None:
    known = dict(vocabularies())
    lists = {key for key, column in columns.items() if LISTED.match(column["description"])}
    assert lists - known.keys() == set(), "write the values into the suite of the table"
