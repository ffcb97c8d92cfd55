"""Say of a company what a run would make of it, without one: contracts, staging, samples, marts.

Everything is done on a copy of the company whose landing and warehouse folders lie in a temporary
folder, so that the answers are those of a run and nothing of them stays. Only the current release
is looked at where it lies, as a run does before it begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipelines.assets import build_pipeline
from pipelines.assets.reconcile import FOLDER
from pipelines.assets.transform import EXPECTATIONS
from pipelines.clock import today
from pipelines.contracts import load_contract, load_entities
from pipelines.ingest import Trial, ensure_tables, try_files
from pipelines.ingest.reference import write_reference
from pipelines.quality import load_suites
from pipelines.quality.reconciliation import load_reconciliations
from pipelines.settings import Company
from pipelines.transform.binding import Problem, make_seeds, misshapen, unbound, unread
from pipelines.transform.dbt_project import DbtProject, TransformError, entity_sources
from pipelines.transform.lineage import Mart, marts
from pipelines.warehouse import opened

_KINDS = {
    "load": "load",
    "delivered": "load",
    "dbt": "dbt",
    "reconciliation": "reconciliation",
    "release": "release",
    "watch": "watch",
}
"""Kinds of checks by how their names begin; all others are promises about a table."""


@dataclass(frozen=True)
class Wiring:
    """What a company's sources feed, and what is held against it."""

    fed: dict[str, list[str]]
    """Sources by entity."""
    unfed: tuple[str, ...]
    marts: tuple[Mart, ...]
    n_checks: dict[str, int]
    """By kind: load, gx, dbt, reconciliation, release, watch."""
    n_left_out: dict[str, int]
    """Checks that are not made, by the entity they need and nothing feeds."""
    idle: tuple[str, ...] = ()
    """Sources without a staging model: nothing of them reaches a table."""


@dataclass(frozen=True)
class Checked:
    """What a run would make of a company and of some files."""

    trial: Trial | None
    """None where no files were given."""
    problems: tuple[Problem, ...]
    """What would stop a run, whatever is delivered."""
    wiring: Wiring | None
    """None where the project cannot be read."""
    guesses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By source; where there are any that nobody has confirmed, nothing else is looked at."""


def check_company(company: Company, paths: Sequence[Path] = (), on: date | None = None) -> Checked:
    """Try the files as the extract of a day, and read what the company file enables.

    Args:
        on: today, unless given.

    Raises:
        ContractError: a contract is missing or not understood.
        ConfigurationError: the company file or a reference file cannot be used.
        LandingError: a path is missing.
    """
    contracts = {source: load_contract(source) for source in company.sources}
    if guesses := {name: each.to_confirm for name, each in contracts.items() if each.to_confirm}:
        return Checked(None, (), None, guesses)
    day = on or today(company)
    with TemporaryDirectory(prefix="salesops-check-") as folder:
        copy = _copy(company, Path(folder))
        with opened(copy.warehouse_file) as connection:
            ensure_tables(connection, copy)
            write_reference(connection, copy)
            trial = try_files(connection, copy, day, paths) if paths else None
        # Entities and staging are asked first, as the manifest is made from them.
        fed = entity_sources(copy)
        feeding = {name for names in fed.values() for name in names}
        idle = tuple(sorted(set(company.sources) - feeding))
        project = DbtProject(copy)
        project.learn(DbtProject(company))
        try:
            problems, staged = _staging(project, copy)
            made = project.quietly("compile", "models/core", "models/marts")
        except TransformError as error:
            return Checked(trial, (unread(str(error)),), None)
        compiled = staged | {run.node.unique_id: run.node.compiled_code for run in made}
        entities = sorted(load_entities().entities)
        wiring = Wiring(
            fed,
            tuple(each for each in entities if each not in fed),
            tuple(marts(project.manifest(), compiled, fed, entities)),
            _n_checks(copy),
            _n_left_out(fed),
            idle,
        )
    return Checked(trial, tuple(problems), wiring)


def _staging(project: DbtProject, company: Company) -> tuple[list[Problem], dict[str, str]]:
    """Make the staging models on the empty warehouse: what is wrong with them, and their SQL."""
    nodes = project.manifest()["nodes"]
    with opened(company.warehouse_file) as connection:
        make_seeds(connection, nodes)
    runs = project.quietly("run", *(f"models/staging/{name}" for name in company.sources))
    problems = []
    with opened(company.warehouse_file) as connection:
        for run in runs:
            node = nodes[run.node.unique_id]
            try:
                found = misshapen(connection, node, run.node.compiled_code)
            except duckdb.Error:
                found = []
            if not found and str(run.status) == "error":
                found = [unbound(node, str(run.message))]
            problems += found
    return problems, {run.node.unique_id: run.node.compiled_code or "" for run in runs}


def _copy(company: Company, folder: Path) -> Company:
    """The company, working in a folder of its own."""
    paths = company.paths.model_copy(
        update={"landing": folder / "landing", "warehouse": folder / "warehouse"}
    )
    paths.warehouse.mkdir()
    return company.model_copy(update={"paths": paths})


def _n_checks(company: Company) -> dict[str, int]:
    expected = build_pipeline(company).expected
    kinds = Counter(_KINDS.get(check.check_id.split(".")[0], "gx") for check in expected)
    return {
        kind: kinds[kind] for kind in ("load", "gx", "dbt", "reconciliation", "release", "watch")
    }


def _n_left_out(fed: Collection[str]) -> dict[str, int]:
    needs = [each.needs for suite in load_suites(EXPECTATIONS) for each in suite.expectations]
    everything = {entity: ["any"] for entity in load_entities().entities}
    needs += [each.needs for each in load_reconciliations(FOLDER, everything)]
    return dict(Counter(need for need in sorted(filter(None, needs)) if need not in fed))
