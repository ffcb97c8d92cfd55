"""What turns out otherwise later counts from the day on which it is known, and cents are whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.assets.reconcile import FOLDER
from pipelines.quality.reconciliation import load_reconciliations
from pipelines.transform.dbt_project import entity_sources
from tests.sources.deals import deal, sellers
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("corrections")

FIRST, SECOND, LAST = date(2026, 3, 1), date(2026, 3, 8), date(2026, 5, 10)
EVER = date(9999, 12, 31)
BOOKED, CORRECTED, UNDONE = "2026-02-20 15:00:00", "2026-03-04 15:00:00", "2026-05-06 15:00:00"
MOVES_ON = date(2026, 3, 30)
"""The day on which C goes West; a manager of C's goes on the fifth of March."""


def _sellers(moved_at: str, manager: str) -> list[Row]:
    [seller] = sellers("C")
    return [{**seller, "system_modstamp": moved_at, "manager_id": manager}]


def _territory(seller: str, territory: str, since: date, until: date | None = None) -> Row:
    return {
        "participant_id": seller,
        "territory_id": territory,
        "territory_name": f"Team {territory}",
        "region": "AMER",
        "valid_from": since,
        "valid_to": until or "",
    }


def _quota(name: str, amount: int, measure: str = "bookings", **holder: str) -> Row:
    return {
        "quota_id": name,
        "measure": measure,
        "period_start_on": "2026-02-01",
        "period_end_on": "2026-05-01",
        "quota_amount": amount,
        "currency": "USD",
        "version": "1",
        "status": "approved",
        "approved_at": "2026-01-20T10:00:00Z",
        "basis": "full",
        **holder,
    }


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Deals are corrected once they are booked; planning takes back territories and a seat."""
    systems = Systems.of(tmp_path_factory.mktemp("corrected"), "finance", salesforce="connector")
    since = date(2026, 1, 1)
    kept = [
        _territory("C", "East", since, MOVES_ON),
        _territory("C", "West", MOVES_ON),
        _territory("D", "Shared", since),
    ]
    quotas = [
        _quota("gone", 900, territory_id="Gone"),
        _quota("shared", 600, territory_id="Shared"),
        _quota("seated", 890, participant_id="E"),
        _quota("moves", 100, participant_id="C"),
        _quota("new", 1000, "new_logo_bookings", participant_id="A"),
    ]
    seat = {"participant_id": "E", "seat_state": "active", "valid_from": "2026-03-18"}
    other_seat = {"participant_id": "D", "seat_state": "active", "valid_from": "2024-01-01"}
    renewal: dict[str, object] = {"type": "Renewal", "account_id": "alder"}
    new = renewal | {"type": "New Business"}
    systems.deliver(
        FIRST,
        "salesforce",
        user=[*sellers("A", "B", "D", "E", "M", "N"), *_sellers("2024-01-05 12:00:00", "M")],
        opportunity=[
            deal("retyped", "Closed Won", 500, BOOKED, **renewal),
            deal("reworded", "Closed Won", 70, BOOKED, **new),
            deal("rehomed", "Closed Won", 40, BOOKED, **renewal),
            deal("undone", "Closed Won", 30, BOOKED, **renewal),
        ],
    )
    systems.deliver(
        FIRST,
        "finance",
        quota=quotas,
        seat=[seat, other_seat],
        territory=[*kept, _territory("A", "Gone", since), _territory("B", "Shared", since)],
    )
    day = {"close_date": BOOKED[:10]}
    systems.deliver(
        SECOND,
        "salesforce",
        user=_sellers("2026-03-05 12:00:00", "N"),
        opportunity=[
            deal("retyped", "Closed Won", 500, CORRECTED, **new | day),
            deal("reworded", "Closed Won", 70, CORRECTED, **new | day | {"type": "New Customer"}),
            deal("rehomed", "Closed Won", 45, CORRECTED, **renewal | day | {"account_id": "birch"}),
        ],
    )
    systems.deliver(SECOND, "finance", quota=quotas, seat=[other_seat], territory=kept)
    # Won no longer, and of another type and account at once: what is taken out is what was booked.
    undone = deal("undone", "Negotiation/Review", 30, UNDONE, **new | {"account_id": "birch"})
    systems.deliver(LAST, "salesforce", opportunity=[undone])
    systems.build(
        "fct_achievement", "fct_booking_event", "fct_credit", "fct_credit_matrix",
        "fct_hierarchy_move", "fct_quota_in_force",
        "fct_quota_attainment_node", "dim_participant", "dim_participant_as_known",
    )  # fmt: skip
    return systems


# --- deals ---------------------------------------------------------------------------------------


def events(corrected: Systems, name: str) -> list[tuple[Any, ...]]:
    return corrected.rows(
        "select recorded_on, event, reason, deal_type, account_id, n_bookings, "
        "amount_in_currency::int from attainment.fct_booking_event "
        f"where opportunity_id = '{name}' order by recorded_at, n_bookings"
    )


BOOKED_ON, CORRECTED_ON = date(2026, 2, 20), date(2026, 3, 4)


def test_a_type_that_is_corrected_moves_the_booking_from_when_it_is_known(
    corrected: Systems,
) -> None:
    assert events(corrected, "retyped") == [
        (BOOKED_ON, "book", "won", "renewal", "alder", 1, 500),
        (CORRECTED_ON, "adjust", "type", "renewal", "alder", -1, -500),
        (CORRECTED_ON, "adjust", "type", "new", "alder", 1, 500),
    ]


def test_another_word_for_the_same_type_moves_nothing(corrected: Systems) -> None:
    assert events(corrected, "reworded") == [(BOOKED_ON, "book", "won", "new", "alder", 1, 70)]


def test_an_account_that_is_corrected_moves_the_booking(corrected: Systems) -> None:
    assert events(corrected, "rehomed") == [
        (BOOKED_ON, "book", "won", "renewal", "alder", 1, 40),
        (CORRECTED_ON, "adjust", "account", "renewal", "alder", -1, -40),
        (CORRECTED_ON, "adjust", "account", "renewal", "birch", 1, 45),
    ]


def test_what_is_taken_back_is_what_was_booked(corrected: Systems) -> None:
    assert events(corrected, "undone") == [
        (BOOKED_ON, "book", "won", "renewal", "alder", 1, 30),
        (date(2026, 5, 6), "reverse", "un_won", "renewal", "alder", -1, -30),
    ]


@pytest.mark.parametrize(
    ("known_on", "achieved"), [(BOOKED_ON, 70), (CORRECTED_ON, 570), (LAST, 570)]
)
def test_new_business_is_achieved_when_the_deal_is_known_as_such(
    corrected: Systems, known_on: date, achieved: int
) -> None:
    [(amount,)] = corrected.rows(
        "select sum(achieved_amount) from attainment.fct_achievement "
        f"where measure = 'new_logo_bookings' and recorded_on <= '{known_on}'"
    )
    assert amount == achieved


# --- what planning takes back --------------------------------------------------------------------


def in_force(corrected: Systems, *holders: str) -> list[tuple[Any, ...]]:
    return corrected.rows(
        "select participant_id, known_from_on, known_to_on, quota_amount "
        f"from attainment.fct_quota_in_force where participant_id in {holders} "
        "and measure = 'bookings' order by all"
    )


APPROVED_ON = date(2026, 1, 20)


def test_the_house_has_the_quota_of_a_territory_that_is_nobodys_any_more(
    corrected: Systems,
) -> None:
    assert in_force(corrected, "A", "unassigned") == [
        ("A", APPROVED_ON, SECOND, 900),
        ("unassigned", SECOND, EVER, 900),
    ]


def test_a_split_of_a_territory_ends_with_the_assignment_of_one(corrected: Systems) -> None:
    assert in_force(corrected, "B", "D") == [
        ("B", APPROVED_ON, SECOND, 300),
        ("D", APPROVED_ON, SECOND, 300),
        ("D", SECOND, EVER, 600),
    ]


def test_a_seat_that_is_gone_takes_nothing_from_a_quota(corrected: Systems) -> None:
    """From 18 March, E was in seat for 44 of 89 days."""
    assert in_force(corrected, "E") == [
        ("E", APPROVED_ON, SECOND, 440),
        ("E", SECOND, EVER, 890),
    ]


def test_teams_of_the_past_are_no_reason_to_refuse_today(corrected: Systems) -> None:
    [teams] = [
        each
        for each in load_reconciliations(FOLDER, entity_sources(corrected.company))
        if each.name == "teams_are_delivered"
    ]
    assert corrected.rows(
        "select distinct known_to_on from shared.dim_participant_as_known where team = 'Team Gone'"
    ) == [(SECOND,)]
    assert corrected.rows(teams.sql) == []


# --- cents, and states ---------------------------------------------------------------------------


def test_cents_are_left_over_between_the_parts_that_are_shown(corrected: Systems) -> None:
    """100 over 89 days: 57 in East, 32 of them for M; 57 are 64.0449 and 32 are 35.9551."""
    east, west = Decimal("64.04"), Decimal("35.96")
    assert corrected.rows(
        "select node_key, street_quota_amount from attainment.fct_quota_attainment_node "
        "where hierarchy = 'as_was' and measure = 'bookings' and node_type = 'team' "
        "and node_name in ('Team East', 'Team West') order by all"
    ) == [("team/AMER/Team East", east), ("team/AMER/Team West", west)]
    assert corrected.rows(
        "select parent_node_key, street_quota_amount from attainment.fct_quota_attainment_node "
        "where hierarchy = 'as_was' and measure = 'bookings' and node_key = 'manager/C' "
        "order by all"
    ) == [("manager/M", west), ("manager/N", east)]
    assert corrected.rows(
        "select was_node_key, quota_amount from attainment.fct_hierarchy_move "
        "where participant_id = 'C' and measure = 'bookings' order by all"
    ) == [("team/AMER/Team East", east), ("team/AMER/Team West", west)]


def test_a_node_without_a_quota_of_its_own_is_in_no_state_of_one(corrected: Systems) -> None:
    assert corrected.rows(
        "select distinct attainment_state from attainment.fct_quota_attainment_node "
        "where quota_amount is null"
    ) == [("no_quota",)]
