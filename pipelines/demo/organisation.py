"""Staff the demo company: sellers in teams, their managers, hires, leavers, one handover.

Decides who comes and goes; what a person is to other rooms stands in `people`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.clock import end_of_day, stream
from pipelines.demo.journal import Journal
from pipelines.demo.office import Office
from pipelines.demo.people import RAMP_DAYS, Organisation, Person
from pipelines.demo.vocabulary import REGIONS, TEAMS

SELLERS_PER_TEAM = 5.2


def build_organisation(
    seed: int, scale: float, founded_on: date, first_day: date, last_day: date
) -> Organisation:
    """Hire everybody, let some go, and hand one team to a new manager near the end."""
    rng = stream(seed, "organisation")
    organisation = Organisation(Journal("User"), Journal("UserRole"))
    office = Office(rng, organisation)
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
    organisation: Organisation, office: Office, founded_on: date, founded: datetime
) -> dict[str, str]:
    """Roles from the top down, and everybody who leads; returns the role of each team."""
    top = TEAMS[0]
    system = office.hire(founded_on, "", "Integration", top, FederationIdentifier="integration")
    organisation.system = system.user_id
    sales = office.role(founded, "VP Sales")
    vice_president = office.hire(founded_on, sales, "VP Sales", top)
    organisation.vice_president = vice_president.user_id
    role = office.role(founded, "Marketing")
    organisation.marketing = office.hire(founded_on, role, "Campaign Manager", top).user_id
    region_roles = {region: office.role(founded, region, sales) for region in REGIONS}
    team_roles: dict[str, str] = {}
    for region, region_role in region_roles.items():
        team_roles |= _hire_region(organisation, office, (founded_on, founded), region, region_role)
    return team_roles


def _hire_region(
    organisation: Organisation,
    office: Office,
    start: tuple[date, datetime],
    region: str,
    region_role: str,
) -> dict[str, str]:
    """The director, the sales development people, and the managers of the region's teams."""
    founded_on, founded = start
    teams = [team for team in TEAMS if team.region == region]
    director = office.hire(
        founded_on, region_role, "Sales Director", teams[0], organisation.vice_president
    ).user_id
    organisation.directors[region] = director
    role = office.role(founded, f"SDR - {region}", region_role)
    organisation.developers[region] = [
        office.hire(founded_on, role, "Sales Development", teams[0], director).user_id
        for _ in teams
    ]
    team_roles: dict[str, str] = {}
    for team in teams:
        role = office.role(founded, f"Manager - {team.name}", region_role)
        manager = office.hire(founded_on, role, "Sales Manager", team, director)
        organisation.managers[team.name] = [manager]
        # A seller's role stands beside the manager's: its parent is the region.
        team_roles[team.name] = office.role(founded, f"AE - {team.name}", region_role)
    return team_roles


def _turn_over(
    organisation: Organisation,
    office: Office,
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


def _hand_over(organisation: Organisation, office: Office, last_day: date) -> None:
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
