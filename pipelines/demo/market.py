"""The firms the demo company sells to and the people who work there.

Writes the journals of `Account` and `Contact`; deals and leads pick from what is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.clock import end_of_day, lognormal, office_moment
from pipelines.demo.division import Division
from pipelines.demo.journal import Fields, Journal
from pipelines.demo.path import Segment, segment_of
from pipelines.demo.people import Organisation, Person
from pipelines.demo.vocabulary import (
    COMPANY_HEADS,
    COMPANY_TAILS,
    FIRST_NAMES,
    INDUSTRIES,
    JOB_TITLES,
    LAST_NAMES,
    LEGAL_FORMS,
    TEAMS,
    Team,
    company_name,
)

ACCOUNTS = 800
CONTACTS_PER_ACCOUNT = 2.5
KNOWN_AT_START = 0.6
"""Share of the accounts that were there when the CRM went live."""


@dataclass(frozen=True)
class Account:
    """A firm, with the seller it belonged to first."""

    account_id: str
    name: str
    team: Team
    owner: Person
    created_at: datetime
    industry: str
    segment: Segment
    """By its size when it was entered."""
    contact_ids: tuple[str, ...]


@dataclass
class Market:
    """All firms and people, and the journals that say so."""

    accounts: Journal
    contacts: Journal
    by_team: dict[str, list[Account]] = field(default_factory=dict)

    def pick(self, rng: Random, team: Team, at: datetime) -> Account:
        """An account of the team that was known by then; the first ones always are."""
        known = self.by_team[team.name]
        for _ in range(20):
            account = known[int(rng.random() * len(known))]
            if account.created_at <= at:
                return account
        return known[0]


def build_market(
    division: Division, organisation: Organisation, founded_on: date, last_day: date
) -> Market:
    """Enter the accounts over time, most of them at the start."""
    rng = division.stream("market")
    market = Market(division.journal("Account"), division.journal("Contact"))
    length = (last_day - founded_on).days - 30
    for team in TEAMS:
        number = max(8, round(ACCOUNTS * division.scale * team.share / sum(t.share for t in TEAMS)))
        offsets = sorted(
            0 if rng.random() < KNOWN_AT_START else rng.randrange(length) for _ in range(number)
        )
        market.by_team[team.name] = [
            _enter(rng, market, organisation, team, founded_on + timedelta(days=20 + offset))
            for offset in [0, *offsets[1:]]
        ]
    _edit_some(rng, market, founded_on, last_day)
    _pass_on(rng, market, organisation)
    return market


def _enter(
    rng: Random, market: Market, organisation: Organisation, team: Team, day: date
) -> Account:
    owner = rng.choice(organisation.team_sellers(team, day))
    name = company_name(
        rng.choice(COMPANY_HEADS), rng.choice(COMPANY_TAILS), rng.choice(LEGAL_FORMS[team.country])
    )
    at = office_moment(rng, day, team.region)
    industry = rng.choice(INDUSTRIES)
    employees = int(lognormal(rng, 320, 1.3)) + 5
    number = market.accounts.next_number
    domain = f"{name.split()[0].lower()}{number}.example".replace("é", "e")
    city = rng.choice(team.cities)
    account_id = market.accounts.create(
        at,
        owner.user_id,
        {
            "Name": name,
            "Type": rng.choice(("Prospect", "Prospect", "Customer - Direct", "Customer - Channel")),
            "BillingStreet": f"{rng.randrange(1, 240)} {rng.choice(LAST_NAMES)} Street",
            "BillingCity": city,
            "BillingPostalCode": f"{rng.randrange(10000, 99999)}",
            "BillingCountry": team.country,
            "Phone": f"+{rng.randrange(10**9, 10**10)}",
            "AccountNumber": f"A{number:06d}",
            "Website": f"www.{domain}",
            "Industry": industry,
            "AnnualRevenue": float(employees * rng.randrange(90, 400) * 1000),
            "NumberOfEmployees": employees,
            "Rating": rng.choice(("Hot", "Warm", "Cold")),
            "CurrencyIsoCode": team.currency,
            "OwnerId": owner.user_id,
        },
    )
    contacts = tuple(
        _introduce(rng, market, (account_id, owner.user_id, domain), team, at)
        for _ in range(1 + int(rng.random() * 2 * (CONTACTS_PER_ACCOUNT - 0.5)))
    )
    return Account(account_id, name, team, owner, at, industry, segment_of(employees), contacts)


def _introduce(
    rng: Random, market: Market, account: tuple[str, str, str], team: Team, at: datetime
) -> str:
    account_id, owner_id, domain = account
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    fields: Fields = {
        "AccountId": account_id,
        "FirstName": first,
        "LastName": last,
        "MailingCity": team.cities[0],
        "MailingCountry": team.country,
        "Email": f"contact{market.contacts.next_number}@{domain}",
        "Title": rng.choice(JOB_TITLES),
        "CurrencyIsoCode": team.currency,
        "OwnerId": owner_id,
        "HasOptedOutOfEmail": rng.random() < 0.05,
    }
    return market.contacts.create(at + timedelta(minutes=rng.randrange(1, 90)), owner_id, fields)


def _edit_some(rng: Random, market: Market, founded_on: date, last_day: date) -> None:
    """Firms grow and change their business; the CRM hears of it now and then."""
    for accounts in market.by_team.values():
        for account in accounts:
            if rng.random() > 0.35:
                continue
            day = founded_on + timedelta(days=rng.randrange((last_day - founded_on).days))
            at = office_moment(rng, day, account.team.region)
            if at <= account.created_at:
                continue
            edit: Fields = {"NumberOfEmployees": int(lognormal(rng, 320, 1.3)) + 5}
            if rng.random() < 0.2:
                edit["Industry"] = rng.choice(INDUSTRIES)
            market.accounts.change(account.account_id, at, account.owner.user_id, edit)


def _pass_on(rng: Random, market: Market, organisation: Organisation) -> None:
    """The accounts of a seller who leaves go to a teammate."""
    for accounts in market.by_team.values():
        for account in accounts:
            left_on = account.owner.left_on
            if left_on is None:
                continue
            heir = rng.choice(organisation.team_sellers(account.team, left_on))
            at = end_of_day(left_on) - timedelta(hours=6)
            market.accounts.change(
                account.account_id, at, organisation.system, {"OwnerId": heir.user_id}
            )
