"""Decide whether a build may be published.

Takes the checks that had to run and the results that came back, returns a Verdict. Running
checks and writing releases happen elsewhere. Fails closed: what is not known refuses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from pipelines.quality.results import CheckResult, ExpectedCheck, Severity

Decision = Literal["publish", "publish_with_warnings", "refuse"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about one build, with every check that led to it."""

    decision: Decision
    passed: tuple[CheckResult, ...]
    warned: tuple[CheckResult, ...]
    """Failed checks that warn."""
    failed: tuple[CheckResult, ...]
    """Failed checks that block, and every check that errored."""
    not_run: tuple[ExpectedCheck, ...]
    """Expected checks without any result."""
    reasons: tuple[str, ...]
    """Why the decision is not a plain `publish`; for a refusal the blocking reasons come first."""
    notes: tuple[str, ...] = ()
    """What is worth knowing but decided nothing, such as a result nobody expected."""

    @property
    def may_publish(self) -> bool:
        return self.decision != "refuse"


def decide(expected: Collection[ExpectedCheck], results: Collection[CheckResult]) -> Verdict:
    """Judge a build by the checks that had to run on it and the results that came back.

    An expected check without a result refuses whatever its severity, and so does a check that
    errored: in both cases nobody knows. Of several results of one check the worst one counts, and
    of two severities for it the stricter one.
    """
    severities = _severities(expected, results)
    worst = _worst(results)
    not_run = tuple(check for check in _unique(expected) if check.check_id not in worst)
    passed = tuple(r for r in worst.values() if r.status == "pass")
    failed = tuple(
        r
        for r in worst.values()
        if r.status == "error" or (r.status == "fail" and severities[r.check_id] == "block")
    )
    warned = tuple(
        r for r in worst.values() if r.status == "fail" and severities[r.check_id] == "warn"
    )
    blocking = _blocking_reasons(expected, failed, not_run)
    warnings = tuple(_sentence("warns", result) for result in warned)
    decision: Decision = "refuse" if blocking else "publish_with_warnings" if warned else "publish"
    return Verdict(
        decision=decision,
        passed=passed,
        warned=warned,
        failed=failed,
        not_run=not_run,
        reasons=blocking + warnings,
        notes=_notes(expected, results),
    )


def _severities(
    expected: Collection[ExpectedCheck], results: Collection[CheckResult]
) -> dict[str, Severity]:
    found: dict[str, Severity] = {}
    for check in [*expected, *(result.expected for result in results)]:
        if found.get(check.check_id) != "block":
            found[check.check_id] = "block" if check.severity != "warn" else "warn"
    return found


def _worst(results: Collection[CheckResult]) -> dict[str, CheckResult]:
    order = {"pass": 0, "fail": 1, "error": 2}
    worst: dict[str, CheckResult] = {}
    for result in results:
        known = worst.get(result.check_id)
        if known is None or order[result.status] > order[known.status]:
            worst[result.check_id] = result
    return worst


def _unique(expected: Collection[ExpectedCheck]) -> list[ExpectedCheck]:
    return list({check.check_id: check for check in expected}.values())


def _blocking_reasons(
    expected: Collection[ExpectedCheck],
    failed: tuple[CheckResult, ...],
    not_run: tuple[ExpectedCheck, ...],
) -> tuple[str, ...]:
    reasons = [
        _sentence("errored" if result.status == "error" else "blocks", result) for result in failed
    ]
    if not_run:
        first = f"{not_run[0].check_id} ({not_run[0].severity})"
        reasons.append(
            f"{first} did not run"
            if len(not_run) == 1
            else f"{len(not_run)} checks did not run (first: {first})"
        )
    if not expected:
        reasons.append("no checks were expected at all, so nothing is known about this build")
    return tuple(reasons)


def _sentence(verb: str, result: CheckResult) -> str:
    parts = [f"{result.check_id} {verb}"]
    if result.status == "error":
        parts.append(result.message or "no reason given")
    elif result.observed or result.n_failed is not None:
        parts.append(result.observed or f"{result.n_failed} failed")
    if result.example:
        parts.append(f"for example {result.example}")
    if result.next_step:
        parts.append(f"next: {result.next_step}")
    return "; ".join(parts)


def _notes(
    expected: Collection[ExpectedCheck], results: Collection[CheckResult]
) -> tuple[str, ...]:
    known = {check.check_id for check in expected}
    counts: dict[str, int] = defaultdict(int)
    for result in results:
        counts[result.check_id] += 1
    notes = [f"{name} gave a result but was not expected" for name in counts if name not in known]
    notes += [
        f"{name} gave {n} results; the worst one counts" for name, n in counts.items() if n > 1
    ]
    return tuple(notes)
