"""Lists of named things that a folder of `expectations` describes, a YAML list per file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from pipelines.settings import ConfigurationError


class Named(Protocol):
    """What a list consists of."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def read_lists(folder: Path, kind: type[T], plural: str) -> list[T]:
    """All that the folder's files list, in order of files and places.

    Args:
        plural: what one calls them in a message.

    Raises:
        ConfigurationError: a file is not a valid list of them, or a name is taken twice.
    """
    found: list[T] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            found += TypeAdapter(list[kind]).validate_python(document)  # type: ignore[valid-type]  # made at run time
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ConfigurationError(f"{plural} {file} cannot be read: {error}") from error
    refuse_twice((each.name for each in found), plural)
    return found


def refuse_twice(names: Iterable[str], plural: str) -> None:
    """Refuse a name that two of them have.

    Raises:
        ConfigurationError: names the first.
    """
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise ConfigurationError(f"two {plural} are called '{twice[0]}': rename one")
