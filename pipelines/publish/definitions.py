"""What published numbers mean, and when that changed (`definitions.yml`).

A release records the changes it was built with. A build that knows more of them than the release
readers have gives the same names to other numbers: `compare` asks for each by name, `restatement`
tells it apart from what happened to the deals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipelines.publish.errors import PublishError
from pipelines.publish.manifest import Manifest

FILE = Path(__file__).with_name("definitions.yml")
PREFIX = "definition."
"""Begins the name by which a company file accepts a change of definition."""


class Definition(BaseModel):
    """One change of what public tables mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    on: date
    tables: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z_]+\.\w+(\.\w+)?$")], ...], Field(min_length=1)
    ]
    """Public tables, or single columns of them, that mean something else since."""
    meaning: Annotated[str, Field(min_length=20)]
    """What the number was and what it is now, for who reads it."""

    @property
    def change(self) -> str:
        """What `accepted_changes` calls it."""
        return PREFIX + self.name

    @property
    def whole_tables(self) -> frozenset[str]:
        """The tables of which it changes something."""
        return frozenset(".".join(each.split(".")[:2]) for each in self.tables)

    def covers(self, subject: str) -> bool:
        """Whether it speaks of a table, or of a column of one."""
        return any(subject == each or subject.startswith(f"{each}.") for each in self.tables)


def load_definitions(file: Path = FILE) -> tuple[Definition, ...]:
    """Every change of definition, oldest first.

    Raises:
        PublishError: the file cannot be read, or a name is taken twice.
    """
    try:
        # YAML 1.1 reads the key `on` as true.
        document = [
            {"on" if key is True else key: value for key, value in each.items()}
            for each in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or []
        ]
        found = TypeAdapter(tuple[Definition, ...]).validate_python(document)
    except (OSError, AttributeError, yaml.YAMLError, ValidationError) as error:
        raise PublishError(f"changes of definition {file} cannot be read: {error}") from error
    twice = [name for name, n in Counter(each.name for each in found).items() if n > 1]
    if twice:
        raise PublishError(f"two changes of definition in {file} are called '{twice[0]}'")
    return found


def changed_since(before: Manifest, known: Sequence[Definition]) -> tuple[Definition, ...]:
    """Those the release was not built with, of tables it had rows in: who reads it is affected."""
    filled = {table.name for table in before.tables if table.n_rows}
    return tuple(
        each for each in known if each.name not in before.definitions and each.whole_tables & filled
    )


def unknown_to(before: Manifest, known: Sequence[Definition]) -> tuple[str, ...]:
    """Those the release was built with and this program does not know, by name."""
    return tuple(name for name in before.definitions if name not in {each.name for each in known})


def redefined(changed: Collection[Definition], tables: Collection[str]) -> bool:
    """Whether a number that is made from these tables means something else."""
    return any(each.whole_tables & set(tables) for each in changed)
