"""What keeps staging models from being built, in the words of whoever wrote them.

They are made as views of empty raw tables, which finds what a run would find after minutes: a
column that is misspelled, a table that is not there, columns of the entity that the model lacks.
Making them is done elsewhere; here is said what came of it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.contracts import load_entities
from pipelines.transform import dbt_project

_KIND = {
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "BOOLEAN": "truth value",
}
"""What a column is, as far as one is not another; everything else is a number."""
_CAST = {("date", "timestamp"), ("timestamp", "date")}
"""Kinds that become each other without a reading of texts."""
_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "(?P<name>[^"]+)"')
_QUOTED = re.compile(r'"([^"]+)"')
_CLASS = re.compile(r"^(?:\w+ )?(?:\w*Error|Exception):?\s*")
_FILE = re.compile(r"(?:models|macros|seeds|tests)/[\w/.-]+\.(?:sql|yml|csv)")
_ABSENT = re.compile(r"depends on a (?P<kind>source|node) named '(?P<name>[^']+)'")
_DBT_LINE = re.compile(r"\bline (\d+)")
_HEADING = re.compile(
    r"^.*\b(?:Compilation|Parsing|Runtime|Database) Error(?: in .*)?$|"
    r"^dbt cannot \w+ the project: |^\s*Error reading .*$",
    re.M,
)
_LINE = re.compile(r"^ *LINE \d+: (?:\.\.\.)?(?P<text>.*)$", re.M)


@dataclass(frozen=True)
class Problem:
    """Something in the project that would stop a run."""

    place: str
    """File, and line where there is one."""
    cause: str
    next_step: str


def make_seeds(connection: duckdb.DuckDBPyConnection, nodes: Mapping[str, Any]) -> None:
    """The seeds that staging models read, as empty tables."""
    read = {
        parent
        for node in nodes.values()
        if node["resource_type"] == "model" and node["fqn"][1] == "staging"
        for parent in node["depends_on"]["nodes"]
    }
    for name in sorted(each for each in read if each.startswith("seed.")):
        seed = nodes[name]
        columns = ", ".join(
            f'"{column}" {kind}' for column, kind in seed["config"]["column_types"].items()
        )
        connection.execute(f"create schema if not exists {seed['schema']}")
        connection.execute(f'create table {seed["schema"]}."{seed["name"]}" ({columns})')


def unbound(node: Mapping[str, Any], message: str) -> Problem:
    """What stopped a staging model: dbt compiling it, or DuckDB making a view of it."""
    found = _LINE.search(message)
    if found is None:
        return _as_dbt_says(_place(node, None), message)
    place = _place(node, _raw_line(node, found["text"]))
    said = _HEADING.sub("", message[: found.start()])
    column = _COLUMN.search(said)
    if column is None:
        return Problem(place, sentence(said), "Correct the model.")
    candidates = _QUOTED.findall(said[column.end() :])
    near = difflib.get_close_matches(column["name"], candidates, n=1, cutoff=0.5)
    hint = f"Write '{near[0]}', or add" if near else "Correct the name, or add"
    return Problem(
        place,
        f"there is no column '{column['name']}' in what it reads.",
        f"{hint} the column to the contract, so that it is loaded.",
    )


def misshapen(
    connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], sql: str | None
) -> list[Problem]:
    """What a staging model lacks of its entity, or has beside it.

    Args:
        sql: the model as dbt compiled it; None or empty where it could not.

    Raises:
        duckdb.Error: what it reads is not there.
    """
    if not sql:
        return []
    columns = connection.execute(f"describe {sql}").fetchall()
    found = {column: kind for column, kind, *_ in columns}
    return list(_misshapen(node, found))


def unread(message: str) -> Problem:
    """What dbt says where it cannot read the project."""
    found = _FILE.search(message)
    place = found[0] if found else "models"
    return _as_dbt_says(f"{dbt_project.DBT_PROJECT.name}/{place}", message)


def _as_dbt_says(place: str, message: str) -> Problem:
    absent = _ABSENT.search(message)
    if absent and absent["kind"] == "source":
        return Problem(
            place,
            f"there is no source '{absent['name']}'.",
            "Name the table in the folder's _sources.yml, or correct source(...).",
        )
    if absent:
        return Problem(place, f"there is no model '{absent['name']}'.", "Correct ref(...).")
    line = _DBT_LINE.search(message)
    if line:
        place = f"{place} line {line[1]}"
    # The first lines say which file dbt was reading, and what kind of error it has for that.
    told = [each.strip() for each in _HEADING.sub("", message).splitlines() if each.strip()]
    cause = told[0] if told else message
    return Problem(place, sentence(cause.partition(". This can happen")[0]), "Correct the file.")


def sentence(message: str) -> str:
    """An error of a library as one line without the name of its class."""
    text = _CLASS.sub("", " ".join(message.split()))
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _raw_line(node: Mapping[str, Any], text: str) -> int | None:
    """The line of the model's file that a line of its compiled SQL stands in, where it is one."""
    wanted = text.strip().removesuffix("...").strip()
    lines = [n for n, line in enumerate(node["raw_code"].splitlines(), 1) if wanted in line]
    return lines[0] if len(lines) == 1 else None


def _place(node: Mapping[str, Any], line: int | None) -> str:
    place = Path(dbt_project.DBT_PROJECT.name, node["original_file_path"]).as_posix()
    return place if line is None else f"{place} line {line}"


def _misshapen(node: Mapping[str, Any], found: Mapping[str, str]) -> Iterator[Problem]:
    """Columns that the model lacks, that nothing reads, or that are of another kind."""
    entity = node["name"].partition("__")[2]
    wanted, required = load_entities().types(entity), load_entities().required(entity)
    missing = [column for column in required if column not in found]
    extra = [column for column in found if column not in wanted]
    if missing:
        renamed = _renamed(missing, extra)
        yield Problem(
            _place(node, None),
            f"it lacks {_listed(missing)} of entity {entity}.",
            renamed or "Select them: every source has to give them.",
        )
    elif extra:
        renamed = _renamed([column for column in wanted if column not in found], extra)
        yield Problem(
            _place(node, None),
            f"nothing reads {_listed(extra)}: entity {entity} has no such column.",
            renamed or "Take it out, or add it to the entity in pipelines/contracts/entities.yml.",
        )
    for column, kind in found.items():
        if column not in wanted:
            continue
        own, theirs = _kind(kind), _kind(wanted[column])
        if own != theirs and (own, theirs) not in _CAST:
            yield Problem(
                _place(node, None),
                f"column '{column}' is a {own} and has to be a {theirs} ({wanted[column]}).",
                f"Cast it: cast(... as {wanted[column]}) as {column}.",
            )


def _renamed(missing: list[str], extra: list[str]) -> str | None:
    """The step where a column that is missing seems to be there under another name."""
    for column in missing:
        if near := difflib.get_close_matches(column, extra, n=1):
            return f"Select '{near[0]}' as {column}."
    return None


def _kind(sql_type: str) -> str:
    return _KIND.get(sql_type.upper(), "number")


def _listed(names: list[str]) -> str:
    return ("column " if len(names) == 1 else "columns ") + ", ".join(names)
