"""A declared date format stands for exactly one way of writing."""

from __future__ import annotations

import re

import pytest

from pipelines.contracts.formats import check_complete, exact_pattern, has_time, two_readings


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


@pytest.mark.parametrize(
    ("formats", "text"),
    [
        (("%d-%m-%Y", "%m-%d-%Y"), "03-02-2001"),
        (("%y-%m-%d", "%d-%m-%y"), "01-02-03"),
        (("%Y%m%d", "%Y%d%m"), "20010203"),
        (("%-m/%-d/%Y", "%d/%m/%Y"), "02/03/2001"),
        (("%Y-%m-%d", "%d.%m.%Y", "%m.%d.%Y"), "03.02.2001"),
    ],
)
def test_two_formats_that_read_one_text_as_two_days_are_found(
    formats: tuple[str, ...], text: str
) -> None:
    found = two_readings(formats, is_date=True)
    assert found is not None
    assert found[2] == text


@pytest.mark.parametrize(
    "formats",
    [
        ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %-H:%M:%S", "%Y-%m-%d %H:%M:%S%.f"),
        ("%d-%m-%Y", "%m-%d-%Y %H:%M"),
        ("%d.%m.%Y", "%-d.%-m.%Y", "%-d.%-m.%y"),
        ("%d %b %Y", "%b %d %Y"),
        ("%m/%d/%y %I:%M %p", "%d/%m/%y %H:%M"),
    ],
)
def test_formats_that_agree_or_never_meet_are_fine(formats: tuple[str, ...]) -> None:
    assert two_readings(formats, is_date=False) is None


def test_a_time_of_day_does_not_make_two_days() -> None:
    formats = ("%Y-%m-%d %H:%M", "%Y-%m-%d %-H:%M")
    assert two_readings(formats, is_date=True) is None


@pytest.mark.parametrize(
    ("format_text", "says"),
    [
        ("%d.%m.", "has no year"),
        ("%Y-%m", "has no day"),
        ("%Y-%m-%d %y", "the year twice"),
        ("%Y-%m-%d %I:%M", "only together"),
        ("%Y-%m-%d %H:%M %p", "only together"),
        ("%Y-%m-%d %H:%S", "a second without its minute"),
        ("%Y-%-m%-d", "cut in two ways"),
    ],
)
def test_a_format_that_leaves_a_guess_is_refused(format_text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_complete(format_text)
