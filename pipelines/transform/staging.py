"""Is everything in the folders of staging models read by something, before dbt builds it?

A model is found by its place and name, `staging/<source>/stg_<source>__<entity>.sql`, so one that
is misspelled would be built and never asked. Which sources feed which entity is in `dbt_project`.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection
from pathlib import Path

from pipelines.contracts import available_sources, load_entities
from pipelines.settings import ConfigurationError


def check_staging(project: Path) -> None:
    """Refuse models and seeds that name no source or no entity.

    Raises:
        ConfigurationError: nothing would ever read them; names the first, and the known names.
    """
    sources, entities = available_sources(), sorted(load_entities().entities)
    for folder in sorted((project / "models" / "staging").iterdir()):
        if not folder.is_dir():
            continue
        if folder.name not in sources:
            raise ConfigurationError(
                f"{_place(folder, project)} is the folder of no source: "
                f"{_known(folder.name, sources)}. A source has a contract of its name in "
                "pipelines/contracts"
            )
        for model in sorted(folder.rglob("*.sql")):
            _check_model(project, folder, model, entities)
    for seed in sorted((project / "seeds").glob("*.csv")):
        _check_seed(project, seed, sources)


def _check_model(project: Path, folder: Path, model: Path, entities: list[str]) -> None:
    prefix = f"stg_{folder.name}__"
    if model.parent != folder or not model.stem.startswith(prefix):
        raise ConfigurationError(
            f"{_place(model, project)} is read by nothing: models of {folder.name} are "
            f"{_place(folder, project)}/{prefix}<entity>.sql"
        )
    entity = model.stem.removeprefix(prefix)
    if entity not in entities:
        raise ConfigurationError(
            f"{_place(model, project)}: no entity '{entity}': {_known(entity, entities)}"
        )


def _check_seed(project: Path, seed: Path, sources: list[str]) -> None:
    with seed.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            source = row.get("source_system")
            if source is not None and source not in sources:
                raise ConfigurationError(
                    f"{_place(seed, project)} line {number}: no source '{source}': "
                    f"{_known(source, sources)}"
                )


def _known(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint}known: {', '.join(known)}"


def _place(path: Path, project: Path) -> str:
    return path.relative_to(project.parent).as_posix()
