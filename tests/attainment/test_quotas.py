"""Quotas as planning and the CRM write them down: small, and worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("quotas")

FIRST, SECOND, THIRD = date(2026, 3, 31), date(2026, 5, 31), date(2026, 6, 30)
STAMP = {"system_modstamp": "2026-01-05 12:00:00"}


def planned(key: str, holder: str, amount: str, approved_at: str, **more: str) -> dict[str, str]:
    return {
        "quota_id": key,
        "participant_id": holder,
        "measure": "bookings",
        "period_start_on": "2026-02-01",
        "period_end_on": "2026-05-01",
        "quota_amount": amount,
        "currency": "USD",
        "version": "1",
        "status": "approved",
        "approved_at": approved_at,
        "basis": "full",
        **more,
    }


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Quotas of finance: one is corrected, one gets a new version, one seller's seat is learnt."""
    systems = Systems.of(tmp_path_factory.mktemp("planning"), "finance", salesforce="connector")
    quotas = [
        planned("A", "005A", "100", "2026-01-20T17:00:00Z"),
        planned("B", "005B", "200", "2026-01-21T17:00:00Z"),
        planned("C-1", "005C", "300", "2026-01-22T17:00:00Z"),
        planned("D", "005D", "400", "2026-01-23T17:00:00Z"),
        planned("F", "005F", "600", "2026-08-01T17:00:00Z", status="approved"),
    ]
    seats = [{"participant_id": "005D", "seat_state": "active", "valid_from": "2024-01-01"}]
    systems.deliver(
        FIRST,
        "salesforce",
        user=[{"id": f"005{letter}", "last_name": letter} | STAMP for letter in "ABCDEF"],
        opportunity=[],
    )
    systems.deliver(FIRST, "finance", quota=quotas, seat=seats)
    seat_of_a = {"participant_id": "005A", "seat_state": "active", "valid_from": "2024-01-01"}
    quotas[1] |= {"quota_amount": "250"}
    quotas += [
        planned("C-2", "005C", "330", "2026-05-05T17:00:00Z", version="2"),
        planned("E", "005E", "500", "2026-01-24T17:00:00Z"),
    ]
    systems.deliver(SECOND, "finance", quota=quotas, seat=[*seats, seat_of_a])
    # The seat of D turns out to have begun within the quarter, which takes from the quota.
    seats[0] |= {"valid_from": "2026-03-18"}
    systems.deliver(THIRD, "finance", quota=quotas, seat=[*seats, seat_of_a])
    systems.build("fct_quota", "fct_quota_in_force")
    return systems


def test_a_quota_is_known_from_when_it_was_told_and_not_from_when_a_seat_was(
    planning: Systems,
) -> None:
    """The first delivery is taken to have been known at its approval, later ones when they came."""
    assert planning.rows(
        "select quota_id, known_from_on, is_in_force from attainment.fct_quota order by quota_id"
    ) == [
        ("A", date(2026, 1, 20), True),
        ("B", SECOND, True),
        ("C-1", date(2026, 1, 22), False),
        ("C-2", SECOND, True),
        ("D", date(2026, 1, 23), True),
        ("E", SECOND, True),
        ("F", date(2026, 8, 1), False),
    ]


def test_what_changes_nothing_about_a_quota_in_force_begins_no_range(planning: Systems) -> None:
    """A's seat covers the whole period; D's, from 18 March, is 44 of 89 days."""
    assert planning.rows(
        "select participant_id, known_from_on, known_to_on, quota_amount "
        "from attainment.fct_quota_in_force where participant_id in ('005A', '005D') "
        "order by all"
    ) == [
        ("005A", date(2026, 1, 20), date(9999, 12, 31), 100),
        ("005D", date(2026, 1, 23), THIRD, 400),
        ("005D", THIRD, date(9999, 12, 31), pytest.approx(197.75, abs=0.01)),
    ]
