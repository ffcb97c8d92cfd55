"""Tell people what became of a run; what is worth telling is decided by the caller."""

from __future__ import annotations

from pipelines.notify.send import NOTICES, Notice, check_targets, deliver, send_unwritten, write

__all__ = ["NOTICES", "Notice", "check_targets", "deliver", "send_unwritten", "write"]
