"""Everything that ever happens to the records of one CRM object, and its state at a moment.

Rooms write events in any order; `Replay` folds them in time. How a state looks in a file is not
known here.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from typing import Literal, NamedTuple

from pipelines.demo.columns import columns
from pipelines.demo.ids import IDS_PER_DIVISION, IdFactory

Fields = dict[str, object]
"""Values by column; an empty text is an empty field."""

CREATION_COLUMNS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
MODIFICATION_COLUMNS = ("LastModifiedDate", "SystemModstamp")


class Event(NamedTuple):
    """One transaction on one record; `number` keeps those of one second in order."""

    at: datetime
    number: int
    kind: Literal["create", "change", "purge"]
    record_id: str
    fields: Fields


class Journal:
    """The events of one object."""

    def __init__(self, object_name: str, division: int = 0) -> None:
        self.object_name = object_name
        self.division = division
        self.events: list[Event] = []
        self._new_id = IdFactory(object_name, division)
        known = set(columns(object_name))
        self._created = tuple(name for name in CREATION_COLUMNS if name in known)
        self._modified = tuple(name for name in MODIFICATION_COLUMNS if name in known)
        self._creators = tuple(n for n in ("CreatedById", "LastModifiedById") if n in known)
        self._modifiers = self._creators[-1:] if "LastModifiedById" in known else ()

    @property
    def next_number(self) -> int:
        """A number that no other record of the object has or will have."""
        return self.division * IDS_PER_DIVISION + len(self.events)

    def create(self, at: datetime, by: str, fields: Fields) -> str:
        """Record a new record and return its id."""
        record_id = self._new_id()
        stamped: Fields = {"Id": record_id, **fields}
        for name in self._created:
            stamped[name] = at
        for name in self._creators:
            stamped[name] = by
        self.events.append(Event(at, len(self.events), "create", record_id, stamped))
        return record_id

    def change(self, record_id: str, at: datetime, by: str, fields: Fields) -> None:
        """Record an edit by a person."""
        stamped = dict(fields)
        for name in self._modified:
            stamped[name] = at
        for name in self._modifiers:
            stamped[name] = by
        self.events.append(Event(at, len(self.events), "change", record_id, stamped))

    def touch(self, record_id: str, at: datetime, fields: Fields) -> None:
        """Record what the CRM itself writes: only the system's own stamp moves."""
        stamped = {**fields, "SystemModstamp": at}
        self.events.append(Event(at, len(self.events), "change", record_id, stamped))

    def purge(self, record_id: str, at: datetime) -> None:
        """Record that the recycle bin was emptied: the record is gone from later exports."""
        self.events.append(Event(at, len(self.events), "purge", record_id, {}))


class Replay:
    """The records of a journal as they stood at ever later moments.

    Uses the journal up: its events become the records.
    """

    def __init__(self, journal: Journal) -> None:
        self.object_name = journal.object_name
        self.records: dict[str, Fields] = {}
        self.purged: dict[str, Fields] = {}
        """What went into the recycle bin and out of it in the last advance."""
        self._events = sorted(journal.events)
        self._next = 0

    def advance(self, cut: datetime) -> list[str]:
        """Apply all events before `cut`; return the ids of the records they touched, in order."""
        touched: dict[str, None] = {}
        self.purged = {}
        records = self.records
        until = bisect_left(self._events, (cut,), lo=self._next)
        for _, _, kind, record_id, fields in self._events[self._next : until]:
            is_known = record_id in touched
            touched[record_id] = None
            if kind == "create":
                records[record_id] = fields
            elif record_id not in records:
                continue
            elif kind == "purge":
                gone = records.pop(record_id)
                if is_known:
                    self.purged[record_id] = gone
            else:
                records[record_id].update(fields)
        self._next = until
        return list(touched)
