"""Releases: written whole, verified, then made current by one atomic flip."""

from __future__ import annotations

from pipelines.publish.diff import ReleaseDiff, diff
from pipelines.publish.errors import PublishError, UnknownRelease
from pipelines.publish.healing import heal
from pipelines.publish.info import ReleaseInfo, make_release_id
from pipelines.publish.manifest import InputBatch, Manifest, RejectCount, TableFacts, verify_files
from pipelines.publish.pointer import (
    Release,
    current,
    find_release,
    history,
    list_releases,
    pin,
    pins,
    rollback,
    unpin,
)
from pipelines.publish.release import publish
from pipelines.publish.retention import prune
from pipelines.publish.tables import PublicTable, discover_tables

__all__ = [
    "InputBatch",
    "Manifest",
    "PublicTable",
    "PublishError",
    "RejectCount",
    "Release",
    "ReleaseDiff",
    "ReleaseInfo",
    "TableFacts",
    "UnknownRelease",
    "current",
    "diff",
    "discover_tables",
    "find_release",
    "heal",
    "history",
    "list_releases",
    "make_release_id",
    "pin",
    "pins",
    "prune",
    "publish",
    "rollback",
    "unpin",
    "verify_files",
]
