"""dbt, as this project runs it: inside this process, on one company's warehouse.

What dbt is told of a company (variables, sources left out, where its files lie), a runner whose
connections do not outlive it, and the manifest that says which models and tests there are. Knows
nothing of Dagster.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.settings import PROJECT_ROOT, Company

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
STAGING = DBT_PROJECT / "models" / "staging"


class TransformError(Exception):
    """dbt could not even begin: the project itself is broken."""


def entity_sources(company: Company) -> dict[str, list[str]]:
    """Which enabled sources feed which entity, read off the staging folders."""
    feeds: dict[str, list[str]] = {}
    for source in sorted(company.sources):
        prefix = f"stg_{source}__"
        for model in sorted((STAGING / source).glob(f"{prefix}*.sql")):
            feeds.setdefault(model.stem.removeprefix(prefix), []).append(source)
    return feeds


def dbt_vars(company: Company) -> dict[str, Any]:
    """The company file, as far as SQL has to know it."""
    policies = company.policies
    return {
        "time_zone": company.time_zone,
        "currency": company.currency,
        "entity_sources": entity_sources(company),
        "snapshot_weekday": policies.snapshot_weekday,
        "quota_version": policies.quota_version or "",
        "quota_period": policies.quota_period,
        "quota_basis": policies.quota_basis,
        "proration_days": policies.proration_days,
        "ramp_anchor": policies.ramp_anchor,
        "leave_relief": policies.leave_relief,
        "attainment_rate": policies.attainment_rate,
        "accepted_from_stage": policies.accepted_from_stage,
        "min_people": policies.min_people,
        "warn_only": sorted(policies.warn_only),
        "missing_open_amount": policies.missing_open_amount,
        "min_closed_deals": policies.min_closed_deals,
        "max_rate_age_days": policies.max_rate_age_days,
    }


@dataclass(frozen=True)
class DbtProject:
    """The dbt project, told of one company."""

    company: Company
    as_of: date | None = None
    """Build what was known when the extracts up to this day had arrived; None: all there is."""

    @property
    def target(self) -> Path:
        """Where dbt keeps what it has read of the project."""
        return self.company.paths.warehouse / "dbt"

    @property
    def variables(self) -> dict[str, Any]:
        """The company file and the day, as far as SQL has to know them."""
        return dbt_vars(self.company) | {"as_of": self.as_of.isoformat() if self.as_of else ""}

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
            f"path:models/staging/{name}" for name in folders if name not in self.company.sources
        )

    @property
    def everything(self) -> list[str]:
        """dbt's selection of all that this company's sources feed."""
        return ["--exclude", *self.excluded.split()] if self.excluded else []

    @property
    def fingerprint(self) -> str:
        """Of everything but the data that decides what a build gives: project and variables."""
        digest = hashlib.sha256(json.dumps(self.variables, sort_keys=True).encode())
        for path in sorted(DBT_PROJECT.rglob("*")):
            if path.suffix in {".sql", ".yml", ".csv"} and "target" not in path.parts:
                digest.update(str(path.relative_to(DBT_PROJECT)).encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def manifest(self) -> dict[str, Any]:
        """dbt's manifest; parsed anew only when project or company changed.

        Raises:
            TransformError: dbt cannot read the project.
        """
        stamp = self.target / "manifest.fingerprint"
        manifest = self.target / "manifest.json"
        if not manifest.exists() or not stamp.exists() or stamp.read_text() != self.fingerprint:
            self.target.mkdir(parents=True, exist_ok=True)
            with self.runner() as dbt:
                outcome = dbt.invoke(["--quiet", "parse", *self.arguments])
            if not outcome.success:
                raise TransformError(f"dbt cannot read the project: {outcome.exception}")
            stamp.write_text(self.fingerprint)
        parsed: dict[str, Any] = json.loads(manifest.read_text())
        return parsed

    def build(self, *selection: str, command: str = "build") -> Any:
        """Run dbt's `command` on the selection and give its outcome; `run` leaves out the tests."""
        # Two threads, so that dbt prepares one model while DuckDB, which uses every core, builds
        # another. dbt's debug log and artefacts of a run are not read by anyone; what happened is
        # in Dagster's history and in the ledger.
        arguments = [
            "--quiet", "--log-level-file", "none", "--no-write-json",
            command, "--threads", "2", *self.arguments, *selection,
        ]  # fmt: skip
        # dbt opens and closes the file for every node; while this handle is open, that is cheap.
        with duckdb.connect(str(self.company.warehouse_file)), self.runner() as dbt:
            return dbt.invoke(arguments)

    @contextmanager
    def runner(self) -> Iterator[Any]:
        """A dbt runner on this company's warehouse; its connections are closed afterwards."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        before = os.environ.get("SALESOPS_WAREHOUSE")
        # dbt's profile can only read the environment.
        os.environ["SALESOPS_WAREHOUSE"] = str(self.company.warehouse_file)
        try:
            yield dbtRunner()
        finally:
            # dbt-duckdb keeps its handle, which would lock the file for the checks that come next.
            DuckDBConnectionManager.close_all_connections()
            if before is None:
                del os.environ["SALESOPS_WAREHOUSE"]
            else:
                os.environ["SALESOPS_WAREHOUSE"] = before
