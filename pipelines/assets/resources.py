"""The warehouse file as a Dagster resource: one writer at a time, held for the whole run.

A DuckDB file has one writer. Whoever runs the pipeline holds a file lock from the first step to
the last, so that no other run builds between this run's checks and its release. The Dagster pool
only orders the queue visibly; this lock is what is safe.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from filelock import FileLock, Timeout
from pydantic import PrivateAttr

from pipelines.settings import Company, Settings, load_company


class Warehouse(dg.ConfigurableResource[Any]):
    """The private warehouse of one company."""

    company_file: str
    _company: Company | None = PrivateAttr(default=None)

    @property
    def company(self) -> Company:
        """The company as its file describes it when the run starts."""
        if self._company is None:
            self._company = load_company(Path(self.company_file))
        return self._company

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """Hold the writer's lock while the run's steps execute."""
        paths = self.company.paths
        paths.warehouse.mkdir(parents=True, exist_ok=True)
        holder = paths.warehouse / "warehouse.holder"
        lock = FileLock(self.company.lock_file)
        try:
            lock.acquire(timeout=Settings().lock_timeout_seconds)
        except Timeout as error:
            who = holder.read_text(encoding="utf-8").strip() if holder.exists() else "another run"
            raise dg.Failure(
                f"{who} is writing {self.company.warehouse_file}; only one run at a time can. "
                "Wait until it has ended and start again.",
                allow_retries=False,
            ) from error
        try:
            run = context.run.run_id if context.run else "unknown"
            started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            holder.write_text(
                f"run {run[:8]} (process {os.getpid()}, since {started})\n", encoding="utf-8"
            )
            yield self
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection that is closed at the end, so the next tool can open the file."""
        connection = duckdb.connect(str(self.company.warehouse_file))
        try:
            yield connection
        finally:
            connection.close()
