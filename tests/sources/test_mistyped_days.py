"""Close days that somebody mistyped and corrected: history keeps them, and nobody can mend it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("crms")

RIGHT = date(2026, 5, 20)


def test_a_row_of_history_out_of_range_is_set_aside_and_counted(crms: Systems) -> None:
    assert crms.rows(
        "select distinct object, line, column_name, rule, value from control.rejects order by all"
    ) == [("opportunity_history", 2, "CloseDate", "out_of_range", "2202-05-20")]
    assert crms.rows(
        "select distinct status, n_read, n_rejected from control.batches "
        "where object = 'opportunity_history'"
    ) == [("loaded", 4, 1)]


@pytest.mark.parametrize(
    ("deal", "expected"),
    [
        # The row that was set aside says nothing.
        ("FAR", [(date(2026, 2, 20), RIGHT)]),
        ("FURTHER", [(date(2026, 2, 2), None), (date(2026, 2, 20), RIGHT)]),
    ],
)
def test_the_deal_is_not_dated_until_its_day_was_corrected(
    crms: Systems, deal: str, expected: list[tuple[date, date | None]]
) -> None:
    found = crms.rows(
        "select known_from_on, close_on from pipeline.fct_opportunity_version "
        f"where opportunity_id = '{deal}' order by known_from_at"
    )
    assert [row for row in found if row[0] < date(2026, 3, 1)] == expected


@pytest.mark.parametrize(
    ("deal", "right"),
    [("TRACKED", RIGHT), ("42", date(2026, 5, 1)), ("41", date(2026, 5, 1))],
)
def test_what_was_corrected_is_dated_and_what_was_wrong_is_in_no_period(
    crms: Systems, deal: str, right: date
) -> None:
    found = crms.rows(
        "select close_on from pipeline.fct_opportunity_version "
        f"where opportunity_id = '{deal}' order by known_from_at"
    )
    assert {day for (day,) in found} <= {None, right}
    assert found[-1] == (right,)


def test_days_outside_the_calendar_are_counted(crms: Systems) -> None:
    assert crms.rows(
        "select source_system, record_type, excluded_reason, n_records "
        "from revenue.fct_excluded_record where record_type = 'close_day' order by all"
    ) == [
        ("hubspot", "close_day", "outside_the_calendar", 2),
        ("salesforce", "close_day", "outside_the_calendar", 2),
    ]


def test_no_deal_is_dated_outside_the_calendar_today(crms: Systems) -> None:
    assert (
        crms.rows(
            "select opportunity_id from core.core_opportunity_version where not is_deleted "
            "and known_to_on = date '9999-12-31' and close_on is null "
            "and close_on_as_delivered is not null"
        )
        == []
    )
