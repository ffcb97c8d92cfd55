"""dbt, as this project runs it: inside this process, on one company's warehouse.

What dbt is told of a company (variables, sources left out, where its files lie), a runner whose
connections do not outlive it, the manifest that says which models and tests there are, and their
SQL as dbt compiled it, with which tables are built. Knows nothing of Dagster.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from pipelines import interrupts
from pipelines.contracts import load_contract, load_entities
from pipelines.ingest.reference import aliased_domains
from pipelines.settings import PROJECT_ROOT, Company, ConfigurationError
from pipelines.transform.builder import Outcome, run
from pipelines.transform.plan import Plan, chosen_of, nodes_of
from pipelines.transform.staging import check_staging
from pipelines.warehouse import opened

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
STAGING = DBT_PROJECT / "models" / "staging"
_SOURCE = re.compile(r"""source\(\s*['"]\w+['"]\s*,\s*['"](\w+)['"]\s*\)""")


_STAMP = "manifest.fingerprint"
_MANIFEST = "manifest.json"
_COMPILED = "compiled"
_ANY_DAY = "the day"
"""What is compiled in the place of the day that tables are built as of."""
PARSED: MutableMapping[str, bytes] = {}
"""What dbt has read of projects, as it packs it, and the SQL it compiled, by what was read: reading
takes ten seconds, compiling five."""


class TransformError(ConfigurationError):
    """dbt could not even begin: the project itself is broken."""


def entity_sources(company: Company) -> dict[str, list[str]]:
    """Which enabled sources feed which entity, read off the staging folders.

    Raises:
        ConfigurationError: a staging model or a seed names no source or no entity.
    """
    check_staging(DBT_PROJECT)
    feeds: dict[str, list[str]] = {}
    for source in sorted(company.sources):
        prefix = f"stg_{source}__"
        for model in sorted((STAGING / source).glob(f"{prefix}*.sql")):
            if _has_rows(company, source, model):
                feeds.setdefault(model.stem.removeprefix(prefix), []).append(source)
    return feeds


def _has_rows(company: Company, source: str, model: Path) -> bool:
    """Whether the company has what the model's rows are of: the objects its contract asks for."""
    if not (absent := company.sources[source].without):
        return True
    objects = load_contract(source).objects
    read = set(_SOURCE.findall(model.read_text(encoding="utf-8")))
    asked_for = {name for name in read & objects.keys() if not objects[name].optional} or read
    return not asked_for <= absent


def dbt_vars(company: Company) -> dict[str, Any]:
    """The company file, as far as SQL has to know it."""
    policies = company.policies
    return {
        "time_zone": company.time_zone,
        "currency": company.currency,
        "enabled_sources": sorted(company.sources),
        "entity_sources": entity_sources(company),
        "entities": load_entities().for_dbt(),
        "aliased_domains": aliased_domains(company),
        "snapshot_weekday": policies.snapshot_weekday,
        "snapshots_from": policies.snapshots_from.isoformat() if policies.snapshots_from else "",
        "quota_version": policies.quota_version or "",
        "quota_period": policies.quota_period,
        "quota_basis": policies.quota_basis,
        "quota_parts": policies.quota_parts,
        "forecast_types": dict(sorted(policies.forecast_types.items())),
        "personal_quotas": sorted(policies.personal_quotas),
        "proration_days": policies.proration_days,
        "ramp_anchor": policies.ramp_anchor,
        "leave_relief": policies.leave_relief,
        "attainment_rate": policies.attainment_rate,
        "roles_are_teams": policies.roles_are_teams,
        "territories_at_once": policies.territories_at_once,
        "accepted_from_stage": policies.accepted_from_stage,
        "min_people": policies.min_people,
        "min_deals": policies.min_deals,
        "warn_only": sorted(policies.warn_only),
        "missing_open_amount": policies.missing_open_amount,
        "min_closed_deals": policies.min_closed_deals,
        "max_rate_age_days": policies.max_rate_age_days,
        "calendar_from": policies.calendar_from.isoformat(),
        "calendar_to": policies.calendar_to.isoformat(),
    }


@dataclass(frozen=True)
class DbtProject:
    """The dbt project, told of one company."""

    company: Company
    as_of: date | None = None
    """Build what was known when the extracts up to this day had arrived; None: all there is."""
    keeps_in: Path | None = None
    """Where what dbt has read and compiled is kept, if not in the warehouse folder."""

    @property
    def target(self) -> Path:
        """Where dbt keeps what it has read of the project."""
        return self.keeps_in or self.company.paths.warehouse / "dbt"

    @property
    def variables(self) -> dict[str, Any]:
        """The company file and the day, as far as SQL has to know them."""
        return dbt_vars(self.company) | {"as_of": _ANY_DAY if self.as_of else ""}

    @property
    def arguments(self) -> list[str]:
        """What every dbt command needs to be told."""
        return [
            "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT),
            "--target-path", str(self.target),
            "--log-path", str(self.target / "logs"),
            "--vars", json.dumps(self.variables, sort_keys=True),
        ]  # fmt: skip

    @property
    def excluded(self) -> str:
        """dbt selection of the staging folders of sources that are not enabled."""
        folders = sorted(folder.name for folder in STAGING.iterdir() if folder.is_dir())
        return " ".join(
            f"fqn:salesops.staging.{name}" for name in folders if name not in self.company.sources
        )

    @property
    def everything(self) -> list[str]:
        """dbt's selection of all that this company's sources feed."""
        return ["--exclude", *self.excluded.split()] if self.excluded else []

    @property
    def fingerprint(self) -> str:
        """Of everything but the data that decides what a build gives: project and variables."""
        # What another dbt has read and compiled is read and compiled again.
        told = [self.variables, version("dbt-core"), version("dbt-duckdb")]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for path in sorted(DBT_PROJECT.rglob("*")):
            if path.suffix in {".sql", ".yml", ".csv", ".md"} and "target" not in path.parts:
                digest.update(str(path.relative_to(DBT_PROJECT)).encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def manifest(self) -> dict[str, Any]:
        """dbt's manifest; parsed again only when project or company changed.

        Raises:
            TransformError: dbt cannot read the project.
        """
        self.target.mkdir(parents=True, exist_ok=True)
        # Two commands that start together would write the same files.
        with FileLock(self.target / "manifest.lock"):
            return self._read() or self._written()

    def _read(self) -> dict[str, Any] | None:
        """The manifest as it was written last; None where it is of another project, or damaged."""
        stamp = self.target / _STAMP
        if not stamp.exists() or stamp.read_text() != self.fingerprint:
            return None
        try:
            document: dict[str, Any] = json.loads((self.target / _MANIFEST).read_text())
        except (OSError, ValueError):
            return None
        return document

    def _written(self) -> dict[str, Any]:
        key = f"{_MANIFEST} {self._parsed_key}"
        # As text: dbt writes what it has read only in a process in which it was invoked.
        if key not in PARSED or self._parsed_key not in PARSED:
            self._parse()
            PARSED[key] = (self.target / _MANIFEST).read_bytes()
        (self.target / _MANIFEST).write_bytes(PARSED[key])
        document: dict[str, Any] = json.loads((self.target / _MANIFEST).read_text())
        (self.target / _STAMP).write_text(self.fingerprint)
        return document

    def _parse(self) -> None:
        # What dbt would print is in the exception.
        with self.runner() as dbt, redirect_stdout(io.StringIO()):
            outcome = dbt.invoke(["--quiet", "parse", *self.arguments])
        if not outcome.success:
            raise TransformError(f"dbt cannot read the project: {outcome.exception}")
        PARSED[self._parsed_key] = (self.target / "partial_parse.msgpack").read_bytes()

    def learn(self, read: DbtProject) -> None:
        """Take over what a project of the same content has read, if it has."""
        names = (_STAMP, _MANIFEST, "partial_parse.msgpack")
        stamp, manifest, packed = (read.target / name for name in names)
        if not packed.exists() or read._read() is None or stamp.read_text() != self.fingerprint:
            return
        PARSED.setdefault(self._parsed_key, packed.read_bytes())
        # Where nothing was read in this process, dbt has no flags yet and would not write it.
        self.target.mkdir(parents=True, exist_ok=True)
        shutil.copy(manifest, self.target / _MANIFEST)
        shutil.copy(stamp, self.target / _STAMP)

    def quietly(self, command: str, *folders: str) -> list[Any]:
        """dbt's results of a command on the models of some folders; nothing is printed.

        Raises:
            TransformError: dbt cannot read the project, or stops.
        """
        selected = (f"resource_type:model,path:{folder}" for folder in folders)
        return self._quietly(command, "--select", *selected)

    def _quietly(self, command: str, *arguments: str) -> list[Any]:
        # One thread: `compile` stops at its first error, and must not leave others at work. dbt's
        # debug log and artefacts of a run are not read by anyone; what happened is in Dagster's
        # history and in the ledger.
        self.manifest()
        said = [
            "--log-level", "none", "--log-level-file", "none", "--no-write-json",
            command, "--threads", "1", "--indirect-selection", "empty",
            *arguments, *self.arguments, *self.everything,
        ]  # fmt: skip
        # dbt opens and closes the file for every node; while this handle is open, that is cheap.
        with (
            opened(self.company.warehouse_file),
            self.runner(self._parsed()) as dbt,
            redirect_stdout(io.StringIO()),
        ):
            outcome = _invoked(dbt, said)
        if outcome.exception is not None:
            raise TransformError(f"dbt cannot read the project: {outcome.exception}")
        return list(outcome.result)

    def _parsed(self) -> Any:
        """The project as this process has read it before; None when it has not.

        dbt writes into what it is given, so that everyone gets a copy.
        """
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        packed = PARSED.get(self._parsed_key)
        return packed and Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)

    @property
    def _parsed_key(self) -> str:
        """Everything that decides what dbt reads, of which its database is a part."""
        return f"{DBT_PROJECT} {self.company.warehouse_file.stem} {self.fingerprint}"

    def build(
        self, *names: str, full_refresh: bool = False, tests: bool = True, models: bool = True
    ) -> Outcome:
        """Build and test what is named, or everything this company's sources feed.

        Args:
            names: of models and tests; `+name` is a model with all it is made of.
            full_refresh: incremental models are built whole.
            tests: with the tests that read one of the models.
            models: False for the tests alone.

        Raises:
            TransformError: dbt cannot read the project, or compile one of its models.
        """
        with opened(self.company.warehouse_file) as connection, interrupts.raised():
            plan = self.plan(*names, full_refresh=full_refresh, tests=tests, models=models)
            with interrupts.told_apart():
                return run(connection, plan, DBT_PROJECT, adds=not full_refresh)

    def plan(
        self, *names: str, full_refresh: bool = False, tests: bool = True, models: bool = True
    ) -> Plan:
        """What `build` would do, node by node, with the SQL that dbt compiled."""
        manifest = self.manifest()
        chosen = chosen_of(manifest, names, self.company.sources, tests=tests, models=models)
        kinds = {manifest["nodes"][unique_id]["resource_type"] for unique_id in chosen}
        compiled: dict[str, str] = {}
        if "model" in kinds and full_refresh:
            compiled |= self._compiled("whole", "resource_type:model", "--full-refresh")
        elif "model" in kinds:
            # Not of the incremental models alone: others may ask how the build is made.
            compiled |= self._compiled("increment", "resource_type:model")
        if "test" in kinds:
            compiled |= self._compiled("test", "resource_type:test", "--full-refresh")
        return Plan(nodes_of(manifest, compiled, chosen))

    def _compiled(self, what: str, selected: str, *options: str) -> dict[str, str]:
        """SQL by unique id, as dbt compiled it when project or company last changed.

        Args:
            what: the name it is kept under.
            selected: dbt's selection.
            options: dbt's, beside those of every command.
        """
        key = f"{what} {self._parsed_key}"
        file = self.target / f"{_COMPILED}.{what}.json"
        if key not in PARSED:
            with suppress(OSError, ValueError):
                kept = json.loads(file.read_text())
                if kept["fingerprint"] == self.fingerprint:
                    PARSED[key] = json.dumps(kept["sql"]).encode()
        if key not in PARSED:
            compiled = {
                ran.node.unique_id: ran.node.compiled_code
                for ran in self._quietly("compile", *options, "--select", selected)
            }
            PARSED[key] = json.dumps(compiled).encode()
            # Whoever reads it meanwhile reads all of it.
            written = file.with_suffix(f".{os.getpid()}")
            written.write_text(json.dumps({"fingerprint": self.fingerprint, "sql": compiled}))
            written.replace(file)
        sql: dict[str, str] = json.loads(PARSED[key])
        if self.as_of is not None:
            day = self.as_of.isoformat()
            return {name: code.replace(f"'{_ANY_DAY}'", f"'{day}'") for name, code in sql.items()}
        return sql

    @contextmanager
    def runner(self, parsed: Any = None) -> Iterator[Any]:
        """A dbt runner on this company's warehouse; its connections are closed afterwards.

        Args:
            parsed: dbt's manifest of the project, which is not read again then.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        before = os.environ.get("SALESOPS_WAREHOUSE")
        # dbt's profile can only read the environment.
        os.environ["SALESOPS_WAREHOUSE"] = str(self.company.warehouse_file)
        try:
            yield dbtRunner(manifest=parsed)
        finally:
            # dbt-duckdb keeps its handle, which would lock the file for the checks that come next.
            DuckDBConnectionManager.close_all_connections()
            if before is None:
                del os.environ["SALESOPS_WAREHOUSE"]
            else:
                os.environ["SALESOPS_WAREHOUSE"] = before


def _invoked(dbt: Any, arguments: list[str]) -> Any:
    """dbt's outcome of a command; it can be interrupted."""
    # dbt stops its queries for a KeyboardInterrupt, which it then keeps to itself.
    with interrupts.raised():
        outcome = dbt.invoke(arguments)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    return outcome
