"""Great Expectations suites, the verdict on a build, and the report about it."""

from __future__ import annotations

from pipelines.quality.charts import Series
from pipelines.quality.gx import run_suites, warm_up
from pipelines.quality.report import (
    BatchRow,
    FreshnessRow,
    Headline,
    OpenStateRow,
    RejectRow,
    ReportData,
    RestatementRow,
    TableRow,
    write_report,
)
from pipelines.quality.results import CheckResult, ExpectedCheck
from pipelines.quality.suites import Expectation, Suite, load_suites
from pipelines.quality.verdict import Verdict, decide

__all__ = [
    "BatchRow",
    "CheckResult",
    "Expectation",
    "ExpectedCheck",
    "FreshnessRow",
    "Headline",
    "OpenStateRow",
    "RejectRow",
    "ReportData",
    "RestatementRow",
    "Series",
    "Suite",
    "TableRow",
    "Verdict",
    "decide",
    "load_suites",
    "run_suites",
    "warm_up",
    "write_report",
]
