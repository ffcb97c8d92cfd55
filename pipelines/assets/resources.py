"""The warehouse file as a Dagster resource: one writer at a time, held for the whole run.

A DuckDB file has one writer. Whoever runs the pipeline holds a file lock from the first step to
the last, so that no other run builds between this run's checks and its release. The Dagster pool
only orders the queue visibly; this lock is what is safe.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from pipelines.folders import claim
from pipelines.notices import write_unended
from pipelines.private import close_to_others
from pipelines.settings import Company, ConfigurationError, load_company
from pipelines.warehouse import WarehouseBusy, held, opened


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
        """Hold the warehouse while the run's steps execute."""
        run = context.run.run_id if context.run else "unknown"
        try:
            with held(self.company.warehouse_file, f"run {run[:8]}") as left_behind:
                claim(self.company)
                if left_behind:
                    write_unended(self.company, left_behind)
                yield self
                close_to_others(self.company.paths.warehouse)
        except (ConfigurationError, WarehouseBusy) as refusal:
            raise dg.Failure(str(refusal), allow_retries=False) from refusal

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection that is closed at the end, so the next tool can open the file."""
        try:
            with opened(self.company.warehouse_file) as connection:
                yield connection
        except WarehouseBusy as busy:
            raise dg.Failure(str(busy), allow_retries=False) from busy
