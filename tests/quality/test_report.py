from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.quality import (
    BatchRow,
    CheckResult,
    ExpectedCheck,
    Headline,
    RejectRow,
    ReportData,
    TableRow,
    decide,
    write_report,
)
from pipelines.quality.report import as_number

PASSED = CheckResult(
    check_id="pipeline.fct_opportunity.column_values_to_not_be_null_opportunity_id",
    kind="gx",
    asset="pipeline.fct_opportunity",
    severity="block",
    owner="team:revops",
    why="A deal without a key cannot be traced to its extract line.",
    next_step="",
    status="pass",
    n_failed=0,
    observed="0 of 8,412 rows",
)
WARNED = replace(
    PASSED,
    check_id="raw.salesforce__opportunity.amount_present",
    severity="warn",
    why="A deal without an amount adds nothing to pipeline value.",
    next_step="Ask the owners to fill it in.",
    status="fail",
    n_failed=3,
    observed="3 of 8,412 rows",
    example="amount=NULL, opportunity_id=<b>O-1933</b>, source_file=2024.csv, source_line=14",
)


def data(*results: CheckResult, missing: tuple[ExpectedCheck, ...] = ()) -> ReportData:
    return ReportData(
        company="Müller & Söhne",
        release_id="20240501T060000Z-1234abcd",
        build_id="build-1",
        created_at=datetime(2024, 5, 1, 6, 0, tzinfo=UTC),
        as_of_on=date(2024, 4, 30),
        currency="EUR",
        verdict=decide([*(r.expected for r in results), *missing], results),
        numbers=[
            Headline("Bookings", Decimal("1234567.8900"), "Won deals"),
            Headline("Win rate", None, "Won"),
        ],
        tables=[
            TableRow("pipeline.fct_opportunity", 8412, "One row per deal."),
            TableRow("shared.dim_stage", 9),
        ],
        batches=[
            BatchRow("crm", "deal", date(2024, 4, day), n_read=100, n_accepted=99, n_rejected=1)
            for day in (28, 29, 30)
        ],
        rejects=[RejectRow("crm", "deal", "not_null", 3, "owner_id", "line 14: NULL")],
    )


def text_of(page: str) -> str:
    words: list[str] = []
    parser = HTMLParser()
    parser.handle_data = words.append  # type: ignore[method-assign]  # all a test needs of it
    parser.feed(page[page.index("<body>") :])
    return re.sub(r"\s+", " ", " ".join(words))


def written(tmp_path: Path, report: ReportData) -> str:
    write_report(tmp_path / "report.html", report)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_report_needs_nothing_from_anywhere_else(tmp_path: Path) -> None:
    page = written(tmp_path, data(PASSED, WARNED))
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import|<script|https?:", page)


def test_report_shows_a_warning_with_its_why_example_and_next_step(tmp_path: Path) -> None:
    text = text_of(written(tmp_path, data(PASSED, WARNED)))
    assert "Published with warnings" in text
    for shown in (WARNED.why, WARNED.next_step, WARNED.observed, WARNED.owner):
        assert shown is not None
        assert shown in text
    assert text.index(WARNED.check_id) < text.index(PASSED.check_id)


def test_report_shows_values_as_text_and_not_as_markup(tmp_path: Path) -> None:
    page = written(tmp_path, data(WARNED))
    assert "<b>O-1933</b>" not in page
    assert "<b>O-1933</b>" in text_of(page)
    assert "Müller & Söhne" in text_of(page)


def test_report_of_a_refusal_says_what_errored_and_what_did_not_run(tmp_path: Path) -> None:
    errored = replace(PASSED, status="error", message="column nope does not exist")
    missing = (ExpectedCheck("shared.dim_stage.unique_stage", "block"),)
    text = text_of(written(tmp_path, data(errored, missing=missing)))
    assert "Refused: nothing was published" in text
    assert "column nope does not exist" in text
    assert "shared.dim_stage.unique_stage did not run" in text


def test_report_adds_the_batches_of_an_object_up(tmp_path: Path) -> None:
    text = text_of(written(tmp_path, data(PASSED)))
    assert "crm deal 2024-04-28 to 2024-04-30 3 300 297 3" in text


def test_report_without_anything_to_show_is_still_a_page(tmp_path: Path) -> None:
    empty = replace(data(PASSED), numbers=[], tables=[], batches=[], rejects=[])
    assert "None." in text_of(written(tmp_path, empty))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (8412, "8,412"),
        (Decimal("1234567.8900"), "1,234,568"),
        (Decimal("0.431200"), "0.4312"),
        (0.25, "0.25"),
        (Decimal("0"), "0"),
        (Decimal("100"), "100"),
        (-1500.4, "-1,500"),
        ("2024-04-30", "2024-04-30"),
    ],
)
def test_numbers_are_shown_as_people_read_them(value: object, text: str) -> None:
    assert as_number(value) == text
