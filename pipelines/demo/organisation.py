"""Staff the demo company: sellers in teams, their managers, hires, moves, leavers, one handover.

Decides who comes and goes; what a person is to other rooms stands in `people`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.clock import end_of_day, quarter
from pipelines.demo.division import Division
from pipelines.demo.office import Office
from pipelines.demo.people import RAMP_DAYS, Organisation, Person
from pipelines.demo.vocabulary import REGIONS, TEAMS, Team

SELLERS_PER_TEAM = 5.0
MOVES = 3
"""Sellers of a division who change their team."""


def build_headquarters(seed: int, founded_on: date) -> Organisation:
    """Everybody above the teams, who are the same for all divisions: no seller among them."""
    division = Division(seed, number=0, scale=0)
    organisation = Organisation(division.journal("User"), division.journal("UserRole"))
    office = Office(division.stream("headquarters"), organisation)
    founded, top = _opening(founded_on), TEAMS[0]
    system = office.hire(founded_on, "", "Integration", top, FederationIdentifier="integration")
    organisation.system = system.user_id
    sales = office.role(founded, "VP Sales")
    vice_president = office.hire(founded_on, sales, "VP Sales", top)
    organisation.vice_president = vice_president.user_id
    role = office.role(founded, "Marketing")
    organisation.marketing = office.hire(founded_on, role, "Campaign Manager", top).user_id
    for region in REGIONS:
        role = office.role(founded, region, sales)
        organisation.region_roles[region] = role
        team = next(team for team in TEAMS if team.region == region)
        director = office.hire(founded_on, role, "Sales Director", team, vice_president.user_id)
        organisation.directors[region] = director.user_id
    return organisation


def build_organisation(
    division: Division,
    headquarters: Organisation,
    founded_on: date,
    first_day: date,
    last_day: date,
) -> Organisation:
    """Hire a division below the headquarters, let some go, and hand one team over near the end."""
    rng = division.stream("organisation")
    organisation = headquarters.branch(division.journal("User"), division.journal("UserRole"))
    office = Office(rng, organisation, division)
    team_roles: dict[str, str] = {}
    for region in REGIONS:
        team_roles |= _hire_region(organisation, office, founded_on, region, division.suffix)
    for team in TEAMS:
        size = max(2, round(SELLERS_PER_TEAM * team.share * division.scale))
        manager = organisation.managers[team.name][0].user_id
        for _ in range(size):
            day = founded_on + timedelta(days=rng.randrange(0, 14))
            person = office.hire(day, team_roles[team.name], "Account Executive", team, manager)
            person.skill = _skill(rng)
            person.hired_on = founded_on - timedelta(days=RAMP_DAYS)
            organisation.sellers.append(person)
    _turn_over(organisation, office, rng, team_roles, (first_day, last_day))
    _move_some(organisation, office, rng, team_roles, (founded_on, first_day, last_day))
    _hand_over(organisation, office, last_day, f"Manager - {TEAMS[2].name}{division.suffix}")
    return organisation


def _opening(founded_on: date) -> datetime:
    return end_of_day(founded_on - timedelta(days=1)) + timedelta(hours=9)


def _hire_region(
    organisation: Organisation, office: Office, founded_on: date, region: str, suffix: str
) -> dict[str, str]:
    """The sales development people and the managers of the region's teams; the teams' roles."""
    founded = _opening(founded_on)
    teams = [team for team in TEAMS if team.region == region]
    director, region_role = organisation.directors[region], organisation.region_roles[region]
    role = office.role(founded, f"SDR - {region}{suffix}", region_role)
    organisation.developers[region] = [
        office.hire(founded_on, role, "Sales Development", teams[0], director).user_id
        for _ in teams
    ]
    team_roles: dict[str, str] = {}
    for team in teams:
        role = office.role(founded, f"Manager - {team.name}{suffix}", region_role)
        manager = office.hire(founded_on, role, "Sales Manager", team, director)
        organisation.managers[team.name] = [manager]
        # A seller's role stands beside the manager's: its parent is the region.
        team_roles[team.name] = office.role(founded, f"AE - {team.name}{suffix}", region_role)
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


def _move_some(
    organisation: Organisation,
    office: Office,
    rng: Random,
    team_roles: dict[str, str],
    dates: tuple[date, date, date],
) -> None:
    """A few sellers change to another team of their region within a quarter, one near the end."""
    founded_on, first_day, last_day = dates
    for number in range(MOVES):
        came_from = rng.choice([team for team in TEAMS if _neighbours(team)])
        team = rng.choice(_neighbours(came_from))
        some_day = first_day + timedelta(days=rng.randrange((last_day - first_day).days // 2))
        moved_on = quarter(some_day).starts_on + timedelta(days=rng.randrange(15, 75))
        if number == 0:
            moved_on = last_day - timedelta(days=40)
        before, after = (organisation.managers[each.name][0].user_id for each in (came_from, team))
        role = team_roles[came_from.name]
        mover = office.hire(founded_on, role, "Account Executive", came_from, before)
        mover.skill, mover.hired_on = _skill(rng), founded_on - timedelta(days=RAMP_DAYS)
        mover.team, mover.came_from, mover.moved_on = team, came_from, moved_on
        organisation.sellers.append(mover)
        organisation.users.change(
            mover.user_id,
            end_of_day(moved_on - timedelta(days=1)) + timedelta(hours=10),
            organisation.system,
            {"UserRoleId": team_roles[team.name], "ManagerId": after},
        )


def _neighbours(team: Team) -> list[Team]:
    return [other for other in TEAMS if other.region == team.region and other is not team]


def _leave(organisation: Organisation, person: Person, day: date) -> None:
    person.left_on = day
    organisation.users.change(
        person.user_id,
        end_of_day(day) - timedelta(hours=7),
        organisation.system,
        {"IsActive": False},
    )


def _hand_over(
    organisation: Organisation, office: Office, last_day: date, manager_role: str
) -> None:
    """The third team gets a new manager a month before the end."""
    team = TEAMS[2]
    leaver = organisation.managers[team.name][0]
    day = last_day - timedelta(days=28)
    role = next(
        event.record_id
        for event in organisation.roles.events
        if event.fields.get("Name") == manager_role
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
