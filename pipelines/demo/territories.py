"""Which seller worked which territory when, as finance keeps it to settle commission.

A territory is the ground of a team. Who is hired and who leaves is decided in `organisation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from pipelines.demo.clock import quarter
from pipelines.demo.division import Division
from pipelines.demo.people import Organisation, Person
from pipelines.demo.vocabulary import TEAMS, Team

MOVES = 3
"""Sellers who came from another territory of their region."""


@dataclass(frozen=True)
class Assignment:
    """A seller's time in one territory: `[valid_from, valid_to)`."""

    participant_id: str
    team: Team
    valid_from: date
    valid_to: date | None

    @property
    def territory_id(self) -> str:
        return f"T-{TEAMS.index(self.team) + 1:02d}"


def build_assignments(
    division: Division, organisation: Organisation, first_day: date, last_day: date
) -> list[Assignment]:
    """Every seller's territories, in order of hiring and then of time."""
    rng = division.stream("territories")
    # In the first half, so that the roles in a late export say where the movers are now.
    latest = first_day + (last_day - first_day) / 2
    movers = _movers(rng, organisation, first_day)
    assignments: list[Assignment] = []
    for seller in organisation.sellers:
        since = seller.hired_on
        if seller.user_id in movers:
            before, moved_on = _origin(rng, seller, first_day, latest)
            assignments.append(Assignment(seller.user_id, before, since, moved_on))
            since = moved_on
        assignments.append(Assignment(seller.user_id, seller.team, since, seller.left_on))
    return assignments


def _movers(rng: Random, organisation: Organisation, first_day: date) -> frozenset[str]:
    """Some of those who were there from the start, stayed, and have a neighbour to come from."""
    candidates = [
        seller.user_id
        for seller in organisation.sellers
        if seller.hired_on < first_day and seller.left_on is None and _neighbours(seller.team)
    ]
    return frozenset(rng.sample(candidates, min(MOVES, len(candidates))))


def _origin(rng: Random, seller: Person, first_day: date, latest: date) -> tuple[Team, date]:
    """The territory a mover came from, and the day of the move: never a quarter's first."""
    some_day = first_day + timedelta(days=rng.randrange((latest - first_day).days))
    moved_on = quarter(some_day).starts_on + timedelta(days=rng.randrange(15, 75))
    return rng.choice(_neighbours(seller.team)), moved_on


def _neighbours(team: Team) -> list[Team]:
    return [other for other in TEAMS if other.region == team.region and other is not team]


def assignments_known(assignments: list[Assignment], day: date) -> list[Assignment]:
    """Those that had begun by the end of a day; an end is not known before it comes."""
    return [
        assignment
        if assignment.valid_to is None or assignment.valid_to <= day
        else Assignment(
            assignment.participant_id, assignment.team, assignment.valid_from, valid_to=None
        )
        for assignment in assignments
        if assignment.valid_from <= day
    ]
