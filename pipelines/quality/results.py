"""What a check says about a build, as values that every other module can share.

Great Expectations, dbt and the loads all report in these terms; how a check is run and what
follows from its result is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CheckKind = Literal["gx", "dbt", "load", "reconciliation", "release", "watch"]
Severity = Literal["block", "warn"]
Status = Literal["pass", "fail", "error"]


@dataclass(frozen=True, slots=True)
class ExpectedCheck:
    """A check that must have given a result before a build may be published."""

    check_id: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer of one check on one build.

    `fail` means the data breaks the promise; `error` means that nobody knows, because the check
    itself did not work. The two are never mixed: the first has a severity, the second does not.
    """

    check_id: str
    kind: CheckKind
    asset: str
    """Table the check judges, such as 'raw.salesforce__opportunity'."""
    severity: Severity
    owner: str
    why: str
    """Which decision goes wrong if this promise is broken."""
    next_step: str
    status: Status
    n_failed: int | None = None
    observed: str | None = None
    example: str | None = None
    """One offending row or value, with what is needed to find it in its extract."""
    message: str | None = None
    """Why the check errored."""

    @property
    def expected(self) -> ExpectedCheck:
        return ExpectedCheck(check_id=self.check_id, severity=self.severity)
