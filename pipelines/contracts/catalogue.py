"""Find and read the contract files: `<source>.yml` in this folder.

What a contract may say is in `model.py`; reading delivered files along one is the ingest's work.
"""

from __future__ import annotations

import difflib
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from pipelines.contracts.model import (
    Column,
    Contract,
    ContractError,
    Format,
    ObjectContract,
    Unpivot,
    Watched,
)

FOLDER = Path(__file__).parent
ENTITIES = "entities.yml"
"""The file beside the contracts that says what they feed."""


def available_sources(folder: Path | None = None) -> list[str]:
    """Names of all sources with a contract, in order."""
    files = (folder or FOLDER).glob("*.yml")
    return sorted(path.stem for path in files if path.name != ENTITIES)


def load_contract(source: str, folder: Path | None = None) -> Contract:
    """Read the contract of a source.

    Raises:
        ContractError: there is no such source, or its file is not understood.
    """
    path = (folder or FOLDER) / f"{source}.yml"
    if not path.is_file() or path.name == ENTITIES:
        known = ", ".join(available_sources(folder)) or "none"
        raise ContractError(
            f"source '{source}' has no contract: it would be {path}. Known sources: {known}"
            if path.name != ENTITIES
            else f"source '{source}' has no contract: {path} has the entities. Known: {known}"
        )
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _load(path: Path, _mtime_ns: int) -> Contract:
    """The time of the last change is part of the cache's key: an edited file is read again."""
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.load(text, Loader=yaml.CSafeLoader)
        return Contract.model_validate({"source": path.stem, **document})
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise ContractError(
            f"contract {path}{line} is not a valid YAML mapping: {error.problem}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise ContractError(f"contract {path} is not a valid YAML mapping: {error}") from error
    except ValidationError as error:
        raise ContractError(_explain(path, text, error)) from error


def _explain(path: Path, text: str, error: ValidationError) -> str:
    n_problems = error.error_count()
    lines = [f"contract {path}: {n_problems} problem{'' if n_problems == 1 else 's'}"]
    document = yaml.compose(text)
    for problem in error.errors():
        line, place = _place(document, problem["loc"])
        said = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            said = _unknown_key(problem["loc"])
        lines.append(f"  line {line}, {place}: {said}")
    return "\n".join(lines)


def _place(document: yaml.Node | None, location: tuple[int | str, ...]) -> tuple[int, str]:
    """The line of a place in the file, and what it is called: columns by their names."""
    node, line, parts = document, 1, []
    for part in location:
        value: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, each in node.value:
                if key.value == part:
                    value, line = each, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            value = node.value[part] if part < len(node.value) else None
            line = value.start_mark.line + 1 if value else line
        parts.append(_named(value) or str(part))
        node = value
    return line, ".".join(parts) or "contract"


def _named(node: yaml.Node | None) -> str | None:
    """The name of a column; its number says nothing to a reader."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "name" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return None


def _unknown_key(location: tuple[int | str, ...]) -> str:
    known = sorted(_model_at(location[:-1]).model_fields)
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown key: {hint}known here: {', '.join(known)}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    match location:
        case ():
            return Contract
        case ("formats", *_):
            return Format
        case ("objects", _, "columns", *_):
            return Column
        case ("objects", _, "unpivot"):
            return Unpivot
        case ("objects", _, "watched"):
            return Watched
        case _:
            return ObjectContract
