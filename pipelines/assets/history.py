"""Dagster's event history in SQLite, on connections that are kept.

Dagster's own storage makes an engine and opens the file for every event, and a run of the demo has
fourteen hundred of them. The tables and everything else are Dagster's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool


class EventHistory(ConsolidatedSqliteEventLogStorage):
    """The consolidated event log with one engine for as long as the process lives."""

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(
            self._conn_string,
            poolclass=QueuePool,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )

        # The file is in write-ahead mode, in which a power cut costs the newest events at worst.
        @event.listens_for(engine, "connect")
        def relax(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.execute("pragma synchronous = normal")

        return engine

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection
