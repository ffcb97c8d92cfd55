"""Who works at the demo company: a person, and the organisation as other rooms see it.

Hiring and leaving are decided in `organisation`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from pipelines.demo.journal import Journal
from pipelines.demo.vocabulary import Team

RAMP_DAYS = 150
"""Days until a new seller works at full speed and with full skill."""
SKILL_AT_START = 0.8


@dataclass
class Person:
    """A user of the CRM."""

    user_id: str
    name: str
    team: Team
    hired_on: date
    skill: float = 1.0
    left_on: date | None = None
    """First day without this person."""
    came_from: Team | None = None
    """The team before the move to this one."""
    moved_on: date | None = None

    def is_active(self, day: date) -> bool:
        return self.hired_on <= day and (self.left_on is None or day < self.left_on)

    def speed(self, day: date) -> float:
        """Share of a full seller's new deals: 0 out of seat, growing over the ramp."""
        if not self.is_active(day):
            return 0.0
        return 0.15 + 0.85 * self._ramp(day)

    def skill_on(self, day: date) -> float:
        """What the skill has come to: a new seller wins less often, too."""
        return self.skill * (SKILL_AT_START + (1 - SKILL_AT_START) * self._ramp(day))

    def _ramp(self, day: date) -> float:
        return min(1.0, (day - self.hired_on).days / RAMP_DAYS)

    def team_on(self, day: date) -> Team:
        """The team this person works in on a day."""
        if self.came_from is not None and self.moved_on is not None and day < self.moved_on:
            return self.came_from
        return self.team


@dataclass
class Organisation:
    """Everybody, and the journals that say so."""

    users: Journal
    roles: Journal
    system: str = ""
    """The user that loads data, owner of what nobody owns."""
    marketing: str = ""
    vice_president: str = ""
    directors: dict[str, str] = field(default_factory=dict)
    region_roles: dict[str, str] = field(default_factory=dict)
    developers: dict[str, list[str]] = field(default_factory=dict)
    """Sales development people by region: they work the leads."""
    managers: dict[str, list[Person]] = field(default_factory=dict)
    """Managers of a team, one after the other."""
    sellers: list[Person] = field(default_factory=list)

    def branch(self, users: Journal, roles: Journal) -> Organisation:
        """The same leaders, with room for people of another journal below them."""
        return replace(self, users=users, roles=roles, developers={}, managers={}, sellers=[])

    def team_sellers(self, team: Team, day: date) -> list[Person]:
        return [s for s in self.sellers if s.is_active(day) and s.team_on(day) is team]
