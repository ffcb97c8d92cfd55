"""Leads of the demo company, from first answer to conversion or the bin, and campaign members.

Every deal that came from a lead gets that lead; the others are noise around them. Writes the
journals of `Lead` and `CampaignMember`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from pipelines.demo.campaigns import Campaigns
from pipelines.demo.clock import local_day, lognormal, office_moment
from pipelines.demo.division import Division
from pipelines.demo.journal import Fields, Journal
from pipelines.demo.market import Market
from pipelines.demo.people import Organisation
from pipelines.demo.records import DealWriter
from pipelines.demo.vocabulary import (
    COMPANY_HEADS,
    COMPANY_TAILS,
    FIRST_NAMES,
    INDUSTRIES,
    JOB_TITLES,
    LAST_NAMES,
    LEAD_SOURCES,
    TEAMS,
    Team,
)

UNCONVERTED_PER_DAY = 10.0
"""Leads per day at scale 1 that never become a deal."""
CONVERTED_WITHOUT_DEAL = 0.03
DISQUALIFIED = 0.7
CONTACTS_INVITED = 0.25
"""Share of the contacts that are members of a campaign."""


@dataclass
class Leads:
    """The journals of what marketing brings in."""

    leads: Journal
    members: Journal
    worked: list[tuple[str, str, datetime, datetime]] = field(default_factory=list)
    """Lead, who works it, from when, and until when at the longest."""


@dataclass(frozen=True)
class _Desk:
    """What is needed to enter a lead."""

    rng: Random
    leads: Leads
    organisation: Organisation

    def enter(self, at: datetime, team: Team, source: str, company: str) -> tuple[str, str]:
        """A new lead and the person who works it."""
        rng = self.rng
        owner = rng.choice(self.organisation.developers[team.region])
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        domain = company.split(maxsplit=1)[0].lower()
        fields: Fields = {
            "FirstName": first,
            "LastName": last,
            "Title": rng.choice(JOB_TITLES),
            "Company": company,
            "City": rng.choice(team.cities),
            "Country": team.country,
            "Email": f"lead{self.leads.leads.next_number}@{domain}.example",
            "LeadSource": source,
            "Status": "Open - Not Contacted",
            "Industry": rng.choice(INDUSTRIES),
            "Rating": rng.choice(("Hot", "Warm", "Cold")),
            "CurrencyIsoCode": team.currency,
            "NumberOfEmployees": int(lognormal(rng, 200, 1.2)) + 3,
            "OwnerId": owner,
            "IsUnreadByOwner": True,
        }
        return self.leads.leads.create(at, self.organisation.system, fields), owner

    def answer(self, campaign_id: str, at: datetime, person: Fields, currency: str) -> None:
        """Make a lead or contact a member who responded."""
        self.leads.members.create(
            at,
            self.organisation.system,
            {
                "CampaignId": campaign_id,
                **person,
                "Status": "Responded",
                "HasResponded": True,
                "FirstRespondedDate": local_day(at),
                "CurrencyIsoCode": currency,
            },
        )


def build_leads(
    division: Division,
    organisation: Organisation,
    market: Market,
    campaigns: Campaigns,
    deals: list[DealWriter],
    span: tuple[date, date],
) -> Leads:
    """Leads behind the deals first, then the many that came to nothing."""
    rng = division.stream("leads")
    leads = Leads(division.journal("Lead"), division.journal("CampaignMember"))
    desk = _Desk(rng, leads, organisation)
    for deal in deals:
        if deal.is_from_lead:
            _convert_to(desk, campaigns, deal)
    first, end = span
    number = round(UNCONVERTED_PER_DAY * division.scale * (end - first).days)
    for _ in range(number):
        day = first + timedelta(days=rng.randrange((end - first).days))
        _come_to_nothing(desk, market, campaigns, day)
    _invite_contacts(desk, market, campaigns, span)
    return leads


def _convert_to(desk: _Desk, campaigns: Campaigns, deal: DealWriter) -> None:
    """The lead that became this deal at the deal's creation."""
    rng, account = desk.rng, deal.account
    age = timedelta(seconds=int(86400 * min(lognormal(rng, 9.0, 0.8), rng.uniform(20, 28))))
    created_at = deal.created_at - age
    if deal.campaign_id:
        created_at = max(created_at, campaigns.started_at(deal.campaign_id))
    company = account.name.removeprefix("Société ")
    lead_id, owner = desk.enter(created_at, account.team, deal.lead_source, company)
    if deal.campaign_id:
        desk.answer(deal.campaign_id, created_at, {"LeadId": lead_id}, deal.currency)
    worked_at = created_at + (deal.created_at - created_at) * rng.uniform(0.05, 0.6)
    worked_at = worked_at.replace(microsecond=0)
    _work(desk, lead_id, owner, worked_at)
    desk.leads.worked.append((lead_id, owner, worked_at, deal.created_at))
    conversion: Fields = {
        "Status": "Closed - Converted",
        "IsConverted": True,
        "ConvertedDate": deal.created_on,
        "ConvertedAccountId": account.account_id,
        "ConvertedContactId": deal.contact_id,
        "ConvertedOpportunityId": deal.opportunity_id,
        "LastActivityDate": deal.created_on,
    }
    desk.leads.leads.change(lead_id, deal.created_at, owner, conversion)


def _come_to_nothing(desk: _Desk, market: Market, campaigns: Campaigns, day: date) -> None:
    """A lead that is binned, forgotten, or turns out to belong to a known account."""
    rng = desk.rng
    team = rng.choice(TEAMS)
    created_at = office_moment(rng, day, team.region)
    campaign_id = campaigns.running(rng, day) if rng.random() < 0.7 else ""
    source = "Web" if campaign_id else rng.choice(LEAD_SOURCES)
    company = f"{rng.choice(COMPANY_HEADS)} {rng.choice(COMPANY_TAILS)}"
    lead_id, owner = desk.enter(created_at, team, source, company)
    if campaign_id:
        desk.answer(campaign_id, created_at, {"LeadId": lead_id}, team.currency)
    if rng.random() < 0.1:
        return
    worked_at = created_at + timedelta(seconds=int(lognormal(rng, 20 * 3600.0, 1.0)))
    _work(desk, lead_id, owner, worked_at)
    ended_at = worked_at + timedelta(seconds=int(lognormal(rng, 9 * 86400.0, 0.8)))
    desk.leads.worked.append((lead_id, owner, worked_at, ended_at))
    if rng.random() < CONVERTED_WITHOUT_DEAL:
        account = market.pick(rng, team, worked_at)
        conversion: Fields = {
            "Status": "Closed - Converted",
            "IsConverted": True,
            "ConvertedDate": local_day(ended_at),
            "ConvertedAccountId": account.account_id,
            "ConvertedContactId": account.contact_ids[0],
        }
        desk.leads.leads.change(lead_id, ended_at, owner, conversion)
    elif rng.random() < DISQUALIFIED:
        desk.leads.leads.change(lead_id, ended_at, owner, {"Status": "Closed - Not Converted"})


def _work(desk: _Desk, lead_id: str, owner: str, at: datetime) -> None:
    fields: Fields = {"Status": "Working - Contacted", "IsUnreadByOwner": False}
    desk.leads.leads.change(lead_id, at, owner, fields)


def _invite_contacts(
    desk: _Desk, market: Market, campaigns: Campaigns, span: tuple[date, date]
) -> None:
    """Known people answer campaigns too."""
    rng, (first, end) = desk.rng, span
    for accounts in market.by_team.values():
        for account in accounts:
            for contact_id in account.contact_ids:
                day = first + timedelta(days=rng.randrange((end - first).days))
                at = office_moment(rng, day, account.team.region)
                campaign_id = campaigns.running(rng, day)
                is_late_enough = at > account.created_at + timedelta(hours=2)
                if campaign_id and is_late_enough and rng.random() < CONTACTS_INVITED:
                    person: Fields = {"ContactId": contact_id}
                    desk.answer(campaign_id, at, person, account.team.currency)
