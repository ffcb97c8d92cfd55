"""What became of a batch: one object's delivery of one extract day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pipelines.ingest.files import printable
from pipelines.ingest.personal import masked_text

Status = Literal["loaded", "unchanged", "failed"]


@dataclass(frozen=True)
class BatchResult:
    """A batch and its counts; `n_read = n_accepted + n_duplicate + n_rejected`."""

    source: str
    object: str
    extract_on: date
    batch_id: int
    status: Status
    """`unchanged`: it was loaded by an earlier run."""
    n_files: int = 0
    n_read: int = 0
    n_accepted: int = 0
    n_duplicate: int = 0
    """Rows that are the exact copy of another row of the batch."""
    n_stale: int = 0
    """Accepted rows of an incremental delivery that tell nothing new: a version that is known
    already, or one older than the newest known."""
    n_rejected: int = 0
    n_inserted: int = 0
    """Keys that were not known, or had been deleted."""
    n_changed: int = 0
    n_deleted: int = 0
    message: str | None = None
    """Why it failed."""

    def failed(self, message: str) -> BatchResult:
        """The same batch, refused: nothing of it was taken in. Personal data is masked."""
        return replace(
            self,
            status="failed",
            n_accepted=0,
            n_inserted=0,
            n_changed=0,
            n_deleted=0,
            # A file's own words stand in it, and go to terminals and logs.
            message=printable(masked_text(message)),
        )
