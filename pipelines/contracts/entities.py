"""The canonical entities, from `entities.yml`: what staging makes of every source.

The columns, keys and meanings are data; staging, core, `salesops check` and the reference page all
take them from here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.contracts.catalogue import ENTITIES, FOLDER
from pipelines.contracts.model import ContractError, Name

FILE = FOLDER / ENTITIES


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Meaning(_Frozen):
    """What a column is, wherever it stands."""

    type: str
    """SQL type, as DuckDB and Spark write it."""
    meaning: str
    missing: str | None = None
    """What NULL means; None where the column is never NULL."""


class Particular(_Frozen):
    """What a column means in one entity, where that is more than everywhere."""

    meaning: str | None = None
    missing: str | None = None


class Entity(_Frozen):
    """One canonical entity."""

    grain: str
    key: Annotated[tuple[Name, ...], Field(min_length=1)]
    """What tells its records apart within a source system; the first column is never NULL."""
    required: tuple[Name, ...]
    """Columns that every source has to give."""
    optional: tuple[Name, ...] = ()
    """Columns that a source may not know; a staging model that leaves them out has NULL there."""
    currency_is_elsewhere: bool = False
    """The currency may be said by another record, so that NULL is not the company's."""
    here: dict[Name, Particular] = Field(default_factory=dict)


class Entities(_Frozen):
    """All of them, and what their columns mean."""

    system: dict[Name, Meaning]
    lineage: dict[Name, Meaning]
    columns: dict[Name, Meaning]
    entities: dict[Name, Entity]

    @model_validator(mode="after")
    def _fits(self) -> Entities:
        used: set[str] = set()
        for name, entity in self.entities.items():
            own = [*entity.required, *entity.optional]
            used |= set(own)
            if twice := sorted({each for each in own if own.count(each) > 1}):
                raise ValueError(f"{name} has {twice[0]} twice")
            for place, names, known in (
                ("columns", own, self.columns),
                ("key", entity.key, own),
                ("here", entity.here, own),
            ):
                if unknown := [each for each in names if each not in known]:
                    raise ValueError(f"{name}.{place} names no column: {', '.join(unknown)}")
            if lacking := [each for each in entity.optional if not self.missing(name, each)]:
                raise ValueError(f"{name}.{lacking[0]} may be NULL: say what it is if `missing`")
        if unused := sorted(set(self.columns) - used):
            raise ValueError(f"no entity has the column {unused[0]}")
        return self

    def types(self, entity: str) -> dict[str, str]:
        """SQL types of an entity's columns, in their order."""
        one = self.entities[entity]
        return {
            name: (self.columns | self.system | self.lineage)[name].type
            for name in [*self.system, *one.required, *one.optional, *self.lineage]
        }

    def required(self, entity: str) -> list[str]:
        """Columns that a staging model has to select."""
        return [*self.system, *self.entities[entity].required, *self.lineage]

    def meaning(self, entity: str, column: str) -> str:
        """What a column means in an entity."""
        here = self.entities[entity].here.get(column, Particular())
        return here.meaning or (self.columns | self.system | self.lineage)[column].meaning

    def missing(self, entity: str, column: str) -> str | None:
        """What NULL means there; None where the column is never NULL."""
        if column == self.entities[entity].key[0]:
            return None
        here = self.entities[entity].here.get(column, Particular())
        return here.missing or (self.columns | self.system | self.lineage)[column].missing

    def for_dbt(self) -> dict[str, dict[str, Any]]:
        """As the macros read them: of each entity its columns, and what there is to know of it."""
        return {
            name: {
                "columns": list(self.types(name).items()),
                "required": self.required(name),
                "key": list(entity.key),
                "currency_is_elsewhere": entity.currency_is_elsewhere,
            }
            for name, entity in self.entities.items()
        }


@lru_cache(maxsize=1)
def load_entities() -> Entities:
    """Read the entities.

    Raises:
        ContractError: the file is not understood.
    """
    try:
        return Entities.model_validate(
            yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        )
    except yaml.YAMLError as error:
        raise ContractError(f"{FILE} is not valid YAML: {error}") from error
    except ValidationError as error:
        told = error.errors()[0]
        place = ".".join(map(str, told["loc"])) or "entities"
        said = told["msg"].removeprefix("Value error, ")
        raise ContractError(f"{FILE}, {place}: {said}") from error
