"""A declared date format stands for exactly one way of writing."""

from __future__ import annotations

import re

import pytest

from pipelines.contracts.formats import exact_pattern, has_time


@pytest.mark.parametrize(
    ("format_text", "value", "is_exact"),
    [
        ("%Y-%m-%d", "2026-01-02", True),
        ("%Y-%m-%d", "2026-1-2", False),
        ("%Y-%m-%d", "20-10-16", False),
        ("%Y-%m-%d", "2026-01-02 00:00:00", False),
        ("%-m/%-d/%Y", "1/2/2026", True),
        ("%m/%d/%y %I:%M %p", "02/23/26 08:55 PM", True),
        ("%m/%d/%y %I:%M %p", "02/23/26 8:55 PM", False),
        ("%Y-%m-%d %H:%M:%S%.f", "2014-02-08 10:17:21.510000000", True),
        ("%d.%m.%Y", "02x01x2026", False),
    ],
)
def test_only_the_exact_form_matches(format_text: str, value: str, is_exact: bool) -> None:
    assert bool(re.search(exact_pattern(format_text), value)) is is_exact


def test_a_format_without_hours_has_no_time() -> None:
    assert [has_time(each) for each in ("%Y-%m-%d 00:00:00", "%m/%d/%y %I:%M %p")] == [False, True]
