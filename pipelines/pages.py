"""Reference pages of `docs/reference`, made of what the program itself reads (`make docs`).

What a contract and a company file may say comes from the models that check them, the entities from
their file, and the macros for staging models from the comments above them.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipelines.contracts import (
    Column,
    Contract,
    Format,
    ObjectContract,
    Unpivot,
    Watched,
    load_entities,
)
from pipelines.ingest.reference import REFERENCE_FILES
from pipelines.settings import (
    PROJECT_ROOT,
    AcceptedChange,
    Company,
    FiscalYear,
    Limits,
    NotificationTarget,
    Paths,
    Policies,
    SourceChoice,
)

FOLDER = PROJECT_ROOT / "docs" / "reference"
MACROS = PROJECT_ROOT / "dbt_project" / "macros"
FOR_STAGING = {
    "keys.sql": ("lineage", "currency_code", "referenced_currency"),
    "history.sql": ("current_rows", "rows_as_said"),
    "portable.sql": ("local_date", "add_days"),
    "source_values.sql": ("newest_rows", "crm_campaign_id"),
}
"""Macros that staging models use whatever the source, by the file they are in."""
_MACRO = re.compile(
    r"\{#-(?P<comment>(?:(?!#\}).)*?)-?#\}\s*\{% macro (?P<call>\w+\([^)]*\))", re.S
)
_WORDS: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", date: "day",
    Path: "path", type(None): "nothing",
}  # fmt: skip
_NOT_WRITTEN = {"file", "source"}
"""Fields that are read off the file's name."""


def pages() -> dict[Path, str]:
    """Every page with its text."""
    made = {
        "entities.md": _entities(),
        "contracts.md": _contracts(),
        "company-file.md": _company_file(),
        "staging-macros.md": _staging_macros(),
    }
    return {FOLDER / name: "\n".join(lines) + "\n" for name, lines in made.items()}


def _entities() -> Iterator[str]:
    known = load_entities()
    yield "# Entities"
    yield ""
    yield (
        "What staging makes of every source. A model `stg_<source>__<entity>.sql` selects the "
        "columns its source has; those marked **every** are of every source, the others are NULL "
        "where a model leaves them out. The key tells records apart within a system."
    )
    yield ""
    yield f"Every entity begins with `source_system` and ends with {_lineage(known.lineage)}."
    for name, entity in known.entities.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield f"{entity.grain} Key: {', '.join(f'`{each}`' for each in entity.key)}."
        yield ""
        yield "| column | type | | meaning | NULL |"
        yield "|---|---|---|---|---|"
        for column in [*entity.required, *entity.optional]:
            every = "every" if column in entity.required else ""
            missing = known.missing(name, column) or "never"
            meaning = known.meaning(name, column)
            yield f"| `{column}` | {known.columns[column].type} | {every} | {meaning} | {missing} |"


def _lineage(lineage: Mapping[str, Any]) -> str:
    *others, last = [f"`{name}`" for name in lineage]
    return f"{', '.join(others)} and {last}, which the macro `lineage()` selects"


def _contracts() -> Iterator[str]:
    yield "# Contracts"
    yield ""
    yield (
        "What `pipelines/contracts/<source>.yml` may say. `salesops check --init` drafts one from "
        "samples; [Add a source](../how-to/add-a-source.md) explains the choices. A key that is "
        "not listed here is refused."
    )
    for title, model in (
        ("Source", Contract),
        ("Format", Format),
        ("Object", ObjectContract),
        ("Column", Column),
        ("`unpivot` of an object", Unpivot),
        ("`watched` of an object", Watched),
    ):
        yield from _model(title, model)


def _company_file() -> Iterator[str]:
    yield "# The company file"
    yield ""
    yield (
        "One YAML file describes a deployment; `data/demo/company.yml` is an example. A key that "
        "is not listed here is refused."
    )
    for title, model in (
        ("Company", Company),
        ("`fiscal_year`", FiscalYear),
        ("`sources`, each", SourceChoice),
        ("`paths`", Paths),
        ("`policies`", Policies),
        ("`limits`", Limits),
        ("`accepted_changes`, each", AcceptedChange),
        ("`notifications`, each", NotificationTarget),
    ):
        yield from _model(title, model)
    yield ""
    yield "## Files in the `reference` folder"
    yield ""
    yield "| file | columns | a row says |"
    yield "|---|---|---|"
    for file in REFERENCE_FILES:
        yield f"| `{file.name}` | {', '.join(f'`{each}`' for each in file.columns)} | {file.what} |"


def _staging_macros() -> Iterator[str]:
    yield "# Macros for staging models"
    yield ""
    yield (
        "A raw table has every version of every record, with `_recorded_at`, `_extracted_at`, "
        "`_op`, `_batch_id`, `_file` and `_line`. A staging model gives each version once; after "
        "a join it writes the six out as `x._recorded_at as recorded_at` and so on, where "
        "`lineage()` does not know which table is meant."
    )
    for file, names in FOR_STAGING.items():
        found = {
            match["call"].partition("(")[0]: match
            for match in _MACRO.finditer((MACROS / file).read_text(encoding="utf-8"))
        }
        for name in names:
            yield ""
            yield f"## `{found[name]['call']}`"
            yield ""
            yield " ".join(found[name]["comment"].split())


def _model(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield " ".join((model.__doc__ or "").split())
    yield ""
    yield "| key | value | default | |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        if name not in _NOT_WRITTEN or model not in (Company, Contract):
            said = " ".join((field.description or "").split())
            said = re.sub(r"\bNone\b", "`null`", said).replace("|", "\\|")
            yield f"| `{name}` | {_shown(field.annotation)} | {_default(field)} | {said} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}, frozenset()) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" if each else "the empty text" for each in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _shown(annotation: Any) -> str:
    """A type, as whoever writes YAML thinks of it."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _shown(inner[0])
    if origin is Literal:
        # A space that is none of the keyboard's cannot be told from one on the page.
        return ", ".join(f"`{each if str(each).isprintable() else ascii(each)}`" for each in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_shown(each) for each in inner if each is not type(None)))
    if origin in (tuple, frozenset):
        of = _shown(inner[0])
        return "list, see below" if of == "see below" else f"list of {of}"
    if origin is dict:
        return f"mapping, {_shown(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "see below"
    return _WORDS.get(annotation, "anything")


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(PROJECT_ROOT))


if __name__ == "__main__":
    main()
