from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.quality import CheckResult, ExpectedCheck, decide
from pipelines.quality.results import Severity, Status

BLOCK = ExpectedCheck("a.b.key", "block")
WARN = ExpectedCheck("a.b.fill", "warn")


def result(check: ExpectedCheck, status: Status = "pass") -> CheckResult:
    return CheckResult(
        check_id=check.check_id,
        kind="gx",
        asset="a.b",
        severity=check.severity,
        owner="team:revops",
        why="A deal without a key cannot be traced.",
        next_step="Ask the CRM team.",
        status=status,
        n_failed=3 if status == "fail" else None,
        example="opportunity_id=O2" if status == "fail" else None,
        message="no such column" if status == "error" else None,
    )


@pytest.mark.parametrize(
    ("results", "decision"),
    [
        pytest.param([result(BLOCK), result(WARN)], "publish", id="all-passed"),
        pytest.param(
            [result(BLOCK), result(WARN, "fail")], "publish_with_warnings", id="a-warning"
        ),
        pytest.param([result(BLOCK, "fail"), result(WARN)], "refuse", id="blocking-check-failed"),
        pytest.param([result(BLOCK, "error"), result(WARN)], "refuse", id="blocking-check-errored"),
        pytest.param([result(BLOCK), result(WARN, "error")], "refuse", id="warning-check-errored"),
        pytest.param([result(WARN)], "refuse", id="blocking-check-did-not-run"),
        pytest.param([result(BLOCK)], "refuse", id="warning-check-did-not-run"),
        pytest.param([], "refuse", id="nothing-ran"),
    ],
)
def test_decision_follows_from_the_results(results: list[CheckResult], decision: str) -> None:
    assert decide([BLOCK, WARN], results).decision == decision


def test_no_expected_checks_at_all_refuse() -> None:
    assert decide([], []).decision == "refuse"
    assert decide([], [result(BLOCK)]).decision == "refuse"


def test_of_two_results_of_one_check_the_worse_one_counts() -> None:
    verdict = decide([BLOCK], [result(BLOCK, "fail"), result(BLOCK)])
    assert verdict.decision == "refuse"
    assert verdict.notes == ("a.b.key gave 2 results; the worst one counts",)


def test_a_result_cannot_soften_the_severity_that_was_expected() -> None:
    soft = replace(result(BLOCK, "fail"), severity="warn")
    assert decide([BLOCK], [soft]).decision == "refuse"


def test_a_result_nobody_expected_is_kept_and_noted() -> None:
    stranger = result(ExpectedCheck("x.y.z", "warn"))
    verdict = decide([BLOCK], [result(BLOCK), stranger])
    assert verdict.decision == "publish"
    assert stranger in verdict.passed
    assert verdict.notes == ("x.y.z gave a result but was not expected",)


def test_an_unexpected_failure_that_blocks_still_refuses() -> None:
    assert decide([WARN], [result(WARN), result(BLOCK, "fail")]).decision == "refuse"


def test_reasons_name_the_check_the_example_and_the_next_step() -> None:
    (reason,) = decide([BLOCK], [result(BLOCK, "fail")]).reasons
    assert reason == (
        "a.b.key blocks; 3 failed; for example opportunity_id=O2; next: Ask the CRM team."
    )
    (reason,) = decide([BLOCK], [result(BLOCK, "error")]).reasons
    assert reason.startswith("a.b.key errored; no such column")


statuses: st.SearchStrategy[Status] = st.sampled_from(["pass", "fail", "error"])
severities: st.SearchStrategy[Severity] = st.sampled_from(["block", "warn"])


@given(st.lists(st.tuples(severities, st.one_of(st.none(), statuses)), max_size=6))
def test_only_complete_answers_without_blocking_failure_publish(
    checks: list[tuple[Severity, Status | None]],
) -> None:
    expected = [ExpectedCheck(f"t.c{i}", severity) for i, (severity, _) in enumerate(checks)]
    results = [
        result(check, status)
        for check, (_, status) in zip(expected, checks, strict=True)
        if status is not None
    ]
    sound = bool(checks) and all(
        status == "pass" or (status == "fail" and severity == "warn") for severity, status in checks
    )
    assert decide(expected, results).may_publish is sound
