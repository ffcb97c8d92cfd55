"""The people of the demo company: sellers in teams, their managers, hires, leavers, one handover.

Writes the journals of `User` and `UserRole` and answers who sold where and when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.clock import end_of_day, office_moment, stream
from pipelines.demo.ids import PREFIXES, salesforce_id
from pipelines.demo.journal import Fields, Journal
from pipelines.demo.vocabulary import FIRST_NAMES, LAST_NAMES, REGIONS, TEAMS, Team

SELLERS_PER_TEAM = 5.2
RAMP_DAYS = 150
"""Days until a new seller works at full speed."""
EMAIL_DOMAIN = "veldrane.example"
_PLAIN = str.maketrans("áâäåàãçéèêëíîïñóôöøúûüñ'", "aaaaaaceeeeiiinoooouuun-")


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

    def is_active(self, day: date) -> bool:
        return self.hired_on <= day and (self.left_on is None or day < self.left_on)

    def speed(self, day: date) -> float:
        """Share of a full seller's new deals: 0 out of seat, growing over the ramp."""
        if not self.is_active(day):
            return 0.0
        return 0.15 + 0.85 * min(1.0, (day - self.hired_on).days / RAMP_DAYS)


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
    developers: dict[str, list[str]] = field(default_factory=dict)
    """Sales development people by region: they work the leads."""
    managers: dict[str, list[Person]] = field(default_factory=dict)
    """Managers of a team, one after the other."""
    sellers: list[Person] = field(default_factory=list)

    def team_sellers(self, team: Team, day: date) -> list[Person]:
        return [s for s in self.sellers if s.team is team and s.is_active(day)]


class _Office:
    """Hires people: one object, because names and employee numbers may not repeat."""

    def __init__(self, rng: Random, organisation: Organisation) -> None:
        self._rng = rng
        self._organisation = organisation
        self._names: set[str] = set()

    def hire(
        self, day: date, role: str, title: str, team: Team, manager: str = "", **fields: object
    ) -> Person:
        first, last = self._free_name()
        login = f"{first}.{last}".lower().translate(_PLAIN)
        hired_at = office_moment(self._rng, day, team.region)
        record: Fields = {
            "Username": f"{login}@{EMAIL_DOMAIN}",
            "FirstName": first,
            "LastName": last,
            "CompanyName": "Veldrane Systems",
            "Department": "Sales",
            "Title": title,
            "City": team.cities[0],
            "Country": team.country,
            "Email": f"{login}@{EMAIL_DOMAIN}",
            "Alias": (first[:1] + last[:4]).lower().translate(_PLAIN),
            "CommunityNickname": login,
            "IsActive": True,
            "TimeZoneSidKey": "America/New_York",
            "LocaleSidKey": team.locale,
            "EmailEncodingKey": "ISO-8859-1",
            "DefaultCurrencyIsoCode": "USD",
            "CurrencyIsoCode": "USD",
            "ProfileId": salesforce_id(PREFIXES["Profile"] + "bm0", 1),
            "UserType": "Standard",
            "LanguageLocaleKey": "en_US",
            "EmployeeNumber": str(1000 + len(self._names)),
            "ForecastEnabled": True,
            **fields,
        }
        record |= {"UserRoleId": role} if role else {}
        record |= {"ManagerId": manager} if manager else {}
        user_id = self._organisation.users.create(
            hired_at, self._organisation.system or salesforce_id("005bm0", 1), record
        )
        # The first deals come on the day after.
        return Person(user_id, f"{first} {last}", team, hired_at.date() + timedelta(days=1))

    def _free_name(self) -> tuple[str, str]:
        while True:
            first, last = self._rng.choice(FIRST_NAMES), self._rng.choice(LAST_NAMES)
            name = f"{first} {last}"
            if len(self._names) > len(FIRST_NAMES) * len(LAST_NAMES) // 2:
                name = f"{first} {last} {len(self._names)}"
            if name not in self._names:
                self._names.add(name)
                return first, last


def build_organisation(
    seed: int, scale: float, founded_on: date, first_day: date, last_day: date
) -> Organisation:
    """Hire everybody, let some go, and hand one team to a new manager near the end."""
    rng = stream(seed, "organisation")
    organisation = Organisation(Journal("User"), Journal("UserRole"))
    office = _Office(rng, organisation)
    founded = end_of_day(founded_on - timedelta(days=1)) + timedelta(hours=9)
    team_roles = _hire_leaders(organisation, office, founded_on, founded)
    for team in TEAMS:
        size = max(2, round(SELLERS_PER_TEAM * team.share * scale))
        manager = organisation.managers[team.name][0].user_id
        for _ in range(size):
            day = founded_on + timedelta(days=rng.randrange(0, 14))
            person = office.hire(day, team_roles[team.name], "Account Executive", team, manager)
            person.skill = _skill(rng)
            person.hired_on = founded_on - timedelta(days=RAMP_DAYS)
            organisation.sellers.append(person)
    _turn_over(organisation, office, rng, team_roles, (first_day, last_day))
    _hand_over(organisation, office, last_day)
    return organisation


def _hire_leaders(
    organisation: Organisation, office: _Office, founded_on: date, founded: datetime
) -> dict[str, str]:
    """Roles from the top down, and everybody who leads; returns the role of each team."""
    top = TEAMS[0]
    system = office.hire(founded_on, "", "Integration", top, FederationIdentifier="integration")
    organisation.system = system.user_id

    def role(name: str, parent: str = "") -> str:
        fields: Fields = {
            "Name": name,
            "RollupDescription": name,
            "OpportunityAccessForAccountOwner": "Edit",
            "CaseAccessForAccountOwner": "None",
            "ContactAccessForAccountOwner": "Edit",
            "PortalType": "None",
        }
        fields |= {"ParentRoleId": parent} if parent else {}
        return organisation.roles.create(founded, organisation.system, fields)

    sales = role("VP Sales")
    vice_president = office.hire(founded_on, sales, "VP Sales", top)
    organisation.vice_president = vice_president.user_id
    marketing = office.hire(founded_on, role("Marketing"), "Campaign Manager", top)
    organisation.marketing = marketing.user_id
    region_roles = {region: role(region, sales) for region in REGIONS}
    team_roles: dict[str, str] = {}
    for region in REGIONS:
        teams = [team for team in TEAMS if team.region == region]
        director = office.hire(
            founded_on, region_roles[region], "Sales Director", teams[0], vice_president.user_id
        )
        organisation.directors[region] = director.user_id
        lead_role = role(f"SDR - {region}", region_roles[region])
        organisation.developers[region] = [
            office.hire(
                founded_on, lead_role, "Sales Development", teams[0], director.user_id
            ).user_id
            for _ in teams
        ]
        for team in teams:
            manager_role = role(f"Manager - {team.name}", region_roles[region])
            manager = office.hire(founded_on, manager_role, "Sales Manager", team, director.user_id)
            organisation.managers[team.name] = [manager]
            # A seller's role stands beside the manager's: its parent is the region.
            team_roles[team.name] = role(f"AE - {team.name}", region_roles[region])
    return team_roles


def _turn_over(
    organisation: Organisation,
    office: _Office,
    rng: Random,
    team_roles: dict[str, str],
    span: tuple[date, date],
) -> None:
    """Every team loses and wins somebody over the years; two of each fall near the end."""
    first_day, last_day = span
    near_the_end = [last_day - timedelta(days=33), last_day - timedelta(days=22)]
    length = (last_day - first_day).days
    for number, team in enumerate(TEAMS):
        left_on = first_day + timedelta(days=int(length * rng.uniform(0.15, 0.85)))
        hired_on = left_on + timedelta(days=rng.randrange(14, 60))
        if number < 2:
            left_on, hired_on = near_the_end[number], last_day - timedelta(days=26 - number)
        leaver = rng.choice(organisation.team_sellers(team, left_on))
        _leave(organisation, leaver, left_on)
        for day in (hired_on, first_day + timedelta(days=int(length * rng.uniform(0.05, 0.8)))):
            manager = organisation.managers[team.name][0].user_id
            hired = office.hire(day, team_roles[team.name], "Account Executive", team, manager)
            hired.skill = _skill(rng)
            organisation.sellers.append(hired)


def _leave(organisation: Organisation, person: Person, day: date) -> None:
    person.left_on = day
    organisation.users.change(
        person.user_id,
        end_of_day(day) - timedelta(hours=7),
        organisation.system,
        {"IsActive": False},
    )


def _hand_over(organisation: Organisation, office: _Office, last_day: date) -> None:
    """The third team gets a new manager a month before the end."""
    team = TEAMS[2]
    leaver = organisation.managers[team.name][0]
    day = last_day - timedelta(days=28)
    role = next(
        event.record_id
        for event in organisation.roles.events
        if event.fields.get("Name") == f"Manager - {team.name}"
    )
    successor = office.hire(
        day - timedelta(days=6), role, "Sales Manager", team, organisation.directors[team.region]
    )
    organisation.managers[team.name].append(successor)
    moment = end_of_day(day) - timedelta(hours=8)
    for seller in organisation.team_sellers(team, day):
        organisation.users.change(
            seller.user_id, moment, organisation.system, {"ManagerId": successor.user_id}
        )
    _leave(organisation, leaver, day)


def _skill(rng: Random) -> float:
    return min(1.6, max(0.65, rng.lognormvariate(0.0, 0.2)))
