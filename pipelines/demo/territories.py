"""Which seller worked which territory when, as finance keeps it to settle commission.

A territory is the ground of a team. Who is hired, moves and leaves is decided in `organisation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.demo.people import Organisation
from pipelines.demo.vocabulary import TEAMS, Team


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


def build_assignments(organisation: Organisation) -> list[Assignment]:
    """Every seller's territories, in order of hiring and then of time."""
    assignments: list[Assignment] = []
    for seller in organisation.sellers:
        since = seller.hired_on
        if seller.came_from is not None and seller.moved_on is not None:
            assignments.append(Assignment(seller.user_id, seller.came_from, since, seller.moved_on))
            since = seller.moved_on
        assignments.append(Assignment(seller.user_id, seller.team, since, seller.left_on))
    return assignments


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
