"""From delivered files to the raw log: landing, reading along the contracts, versions, rejects."""

from pipelines.ingest.errors import FileRefused, IngestError, LandingError, NothingLanded
from pipelines.ingest.landing import LandedFile, LandingReport, land
from pipelines.ingest.layout import landed_days
from pipelines.ingest.load import load
from pipelines.ingest.missed import MissedDay, missed_days, write_missed_days
from pipelines.ingest.results import BatchResult
from pipelines.ingest.tables import enabled_rows, ensure_tables
from pipelines.ingest.trial import RejectedRows, Trial, Unmatched, try_files

__all__ = [
    "BatchResult",
    "FileRefused",
    "IngestError",
    "LandedFile",
    "LandingError",
    "LandingReport",
    "MissedDay",
    "NothingLanded",
    "RejectedRows",
    "Trial",
    "Unmatched",
    "enabled_rows",
    "ensure_tables",
    "land",
    "landed_days",
    "load",
    "missed_days",
    "try_files",
    "write_missed_days",
]
