"""A row of an earlier day says of people what was known on that day (promise: as of)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines.transform.macros import ATTAINMENT_AS_OF
from tests.people.company import FIRST, SECOND, THIRD
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("people")


def shown(people: Systems, owner: str, column: str) -> dict[Any, Any]:
    """What the snapshots of the three Sundays show of the owner of an open deal."""
    return dict(
        people.rows(
            f"select distinct snapshot_on, {column} from pipeline.fct_pipeline_snapshot "
            f"where owner_id = '{owner}' and snapshot_on in ('{FIRST}', '{SECOND}', '{THIRD}') "
            "and opportunity_id <> 'O9' order by 1"
        )
    )


@pytest.mark.parametrize(
    ("owner", "column", "before", "after"),
    [
        ("005A", "team", "East", "West"),
        ("005B", "manager_id", "005M", "005N"),
        ("005B", "manager_name", "Andrew Fuller", "Nora Nash"),
        ("005E", "manager_name", "Andrew Fuller", "Aaron Fuller"),
        ("005H", "owner_name", "Zoe Hill", "Abe Hill"),
        ("005F", "owner_name", "005F", "Flo Ford"),
        ("005F", "team", None, "West"),
    ],
)
def test_a_snapshot_knows_what_was_known_then(
    people: Systems, owner: str, column: str, before: str, after: str
) -> None:
    assert shown(people, owner, column) == {FIRST: before, SECOND: after, THIRD: after}


def test_the_forecast_has_the_teams_of_the_day_for_open_and_won_deals(people: Systems) -> None:
    """On 1 March A, B, C and H are in East, with an open deal each; A, B and C have won one.

    A week later A is known to have been in West before he won, and so is the newcomer.
    """
    found = {
        (day, team): (n_open, booked)
        for day, team, n_open, booked in people.rows(
            "select as_of_on, node_name, n_open, booked_amount from forecast.fct_forecast "
            "where node_type = 'team' and method = 'crm_weighted' and period_key = 'all' "
            "and node_name in ('East', 'West')"
        )
    }
    assert found[FIRST, "East"] == (4, Decimal(3000))
    assert (FIRST, "West") not in found
    assert found[SECOND, "East"] == (3, Decimal(2000))
    assert found[SECOND, "West"] == (2, Decimal(2000))


def test_the_forecast_of_a_day_names_people_as_known_then(people: Systems) -> None:
    assert people.rows(
        "select distinct as_of_on, node_name from forecast.fct_forecast where node_type = "
        f"'participant' and node_key = 'participant/005H' and as_of_on in ('{FIRST}', '{SECOND}') "
        "order by 1"
    ) == [(FIRST, "Zoe Hill"), (SECOND, "Abe Hill")]


def test_a_stage_that_comes_to_mean_won_was_open_before(people: Systems) -> None:
    assert people.rows(
        "select snapshot_on, team, amount from pipeline.fct_pipeline_snapshot "
        f"where opportunity_id = '70' and snapshot_on >= '{FIRST}'"
    ) == [(FIRST, "Inbound", Decimal(500))]
    assert people.rows(
        "select recorded_on, event from core.core_booking_event where opportunity_id = '70'"
    ) == [(SECOND, "book")]


def test_an_owner_was_in_another_team_before_he_changed_it(people: Systems) -> None:
    assert people.rows(
        "select team, valid_from, valid_to from shared.dim_participant "
        "where participant_id = '7' order by valid_from"
    ) == [("Inbound", date(1900, 1, 1), SECOND), ("Partners", SECOND, date.max)]


def test_team_credit_reaches_a_manager_once_he_is_known_to_be_above(people: Systems) -> None:
    """M has the newcomer's booking from 2 March, when their record became known; B's stays M's."""
    assert people.rows(
        "select participant_id, recorded_on, cause, achieved_amount "
        "from attainment.fct_achievement where measure = 'team_bookings' "
        "and effective_on = '2026-02-25' and participant_id <> '005V' order by all"
    ) == [
        # Booked on 5 January; the first quota on a team's bookings was approved on 20 January.
        ("005M", date(2026, 1, 20), "book", Decimal(3000)),
        ("005M", date(2026, 3, 2), "recredit", Decimal(1000)),
    ]


def test_attainment_as_of_a_day_has_the_people_of_the_day(people: Systems) -> None:
    with duckdb.connect(str(people.company.warehouse_file)) as connection:
        connection.execute(ATTAINMENT_AS_OF)
        then, now = (
            connection.execute(
                "select participant_id, participant_name, manager_name, team "
                f"from attainment.attainment_as_of('{day}') where measure = 'bookings' "
                "and participant_id in ('005A', '005B', '005H') order by all"
            ).fetchall()
            for day in (FIRST, THIRD)
        )
    assert then == [
        ("005A", "Ann Ash", "Andrew Fuller", "East"),
        ("005B", "Ben Birk", "Andrew Fuller", "East"),
        ("005H", "Zoe Hill", "Andrew Fuller", "East"),
    ]
    assert now == [
        ("005A", "Ann Ash", "Aaron Fuller", "West"),
        ("005B", "Ben Birk", "Nora Nash", "East"),
        ("005H", "Abe Hill", "Aaron Fuller", "East"),
    ]


def test_a_corrected_segment_counts_from_when_it_was_known(people: Systems) -> None:
    """The account was known as small when the deals of February were booked."""
    assert people.rows(
        "select distinct segment, segment_asis from attainment.fct_credit_matrix "
        "where credit_type = 'direct' and team <> 'Partners'"
    ) == [("small", "large")]
