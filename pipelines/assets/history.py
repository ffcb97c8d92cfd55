"""Dagster's event history in SQLite, on connections that are kept.

Dagster's own storage makes an engine and opens the file for every event, and asks of every event of
an asset which columns the table of assets has; a run of the demo has 2,800 events. What a run means
to do, a third of them, is written at once here. The tables and everything else are Dagster's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetKeyTable
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.pool import QueuePool

MOST_AT_ONCE = 10_000
"""What Dagster hands over together where it knows of several (`DAGSTER_EVENT_BATCH_SIZE`)."""
_OPEN: ContextVar[Connection | None] = ContextVar("open", default=None)
"""The connection of a transaction that holds several events."""


class EventHistory(ConsolidatedSqliteEventLogStorage):
    """The consolidated event log with one engine for as long as the process lives."""

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Write events in one transaction: all of them or none."""
        with self._engine.begin() as connection:
            token = _OPEN.set(connection)
            try:
                for each in events:
                    self.store_event(each)
            finally:
                _OPEN.reset(token)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Whether assets have a column; Dagster adds its columns before it stores anything."""
        if not self._asset_columns:
            columns = inspect(conn).get_columns(AssetKeyTable.name)
            self._asset_columns.update(each["name"] for each in columns)
        return column_name in self._asset_columns

    def has_table(self, table_name: str) -> bool:
        """Whether it is there; one that is stays, so that nothing is asked of it again."""
        if table_name not in self._tables:
            with self._engine.connect() as connection:
                self._tables.update(inspect(connection).get_table_names())
        return table_name in self._tables

    @cached_property
    def _tables(self) -> set[str]:
        return set()

    @cached_property
    def _asset_columns(self) -> set[str]:
        return set()

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
        if (open_connection := _OPEN.get()) is not None:
            yield open_connection
            return
        with self._engine.begin() as connection:
            yield connection
