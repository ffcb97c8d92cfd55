"""Answers to queries are readable in 80 columns: no value is cut in two."""

from __future__ import annotations

from decimal import Decimal

import pytest
from rich.console import Console

from pipelines import terminal

WIDE = "participant_name", "source_file", "credit_amount", "attainment_pct"
ROW = (
    "Priya Thompson-Vance",
    "salesforce/opportunity/2026-05-10/Opportunity.csv",
    Decimal("215417.0000"),
    1.5834444444444444,
)


def shown(columns: tuple[str, ...], rows: list[tuple[object, ...]], width: int) -> str:
    console = Console(width=width)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(terminal, "out", console)
        with console.capture() as captured:
            console.print(terminal.answer(columns, rows))
    return captured.get()


def test_rows_that_fit_are_a_table() -> None:
    text = shown(WIDE, [ROW, ROW], 140)
    assert len(text.splitlines()) == 3
    assert text.splitlines()[0].split() == list(WIDE)


def test_rows_that_do_not_fit_are_records() -> None:
    text = shown(WIDE, [ROW, ROW], 80)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "2 of 2" in text
    for value in (*WIDE, *ROW):
        assert str(value) in text


def test_every_width_is_a_whole_table_or_records() -> None:
    """Between the two, no width cuts a value."""
    for width in range(80, 140):
        text = shown(WIDE, [ROW], width)
        for value in (*WIDE, *ROW):
            assert str(value) in text, width


def test_no_rows_leave_the_names() -> None:
    for name in WIDE:
        assert name[:10] in shown(WIDE, [], 80)


def test_a_missing_value_is_empty() -> None:
    assert shown(("a", "b"), [(None, 1)], 80).split() == ["a", "b", "1"]
