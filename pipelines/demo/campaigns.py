"""Marketing campaigns of the demo company and what is spent on them each day.

Writes the journal of `Campaign` and the rows of the advertising export; who answers a campaign
is decided by the leads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random

from pipelines.calendar import days
from pipelines.demo.clock import end_of_day, local_day, lognormal, office_moment, stream
from pipelines.demo.journal import Fields, Journal

KINDS = (
    # Type in the CRM, channel in the advertising export ("" where nothing is advertised), weeks
    # it runs, dollars a day, dollars a click.
    ("Advertisement", "paid_search", 26, 260.0, 5.5),
    ("Advertisement", "paid_social", 13, 190.0, 4.0),
    ("Banner Ads", "display", 13, 120.0, 1.6),
    ("Webinar", "paid_social", 5, 90.0, 4.5),
    ("Trade Show", "", 2, 0.0, 1.0),
    ("Email", "", 4, 0.0, 1.0),
)
EFFECTS = (1.3, 1.0, 0.5, 1.8, 1.4, 0.8)
"""What a campaign of each kind really does: leads that answered it convert that many times as often
as those of a campaign of effect 1."""
CONVERTED_BY_CAMPAIGN = 0.8
TOPICS = ("Forecasting", "Planning", "Pricing", "Data quality", "Sales operations")
DAYS_BETWEEN = 27
ANSWERED_AFTER, ANSWERED_UNTIL = timedelta(days=2), timedelta(days=45)


@dataclass(frozen=True)
class Campaign:
    """A campaign and the days it ran."""

    campaign_id: str
    starts_on: date
    ends_on: date
    """First day it no longer ran."""
    kind: tuple[str, str, int, float, float]


@dataclass(frozen=True)
class Spend:
    """One row of the advertising export."""

    campaign_id: str
    spend_on: date
    channel: str
    impressions: int
    clicks: int
    spend_amount: str
    currency: str = "USD"


@dataclass(frozen=True)
class Campaigns:
    """All campaigns, their journal and their daily spend."""

    journal: Journal
    all: tuple[Campaign, ...]
    spend: tuple[Spend, ...]
    _recent_by_day: dict[date, tuple[str, ...]] = field(default_factory=dict)

    def running(self, rng: Random, day: date) -> str:
        """A campaign that ran shortly before a day; none if there was none."""
        recent = self._recent(day)
        return rng.choice(recent) if recent else ""

    def converting(self, rng: Random, day: date) -> str:
        """The campaign behind a lead that converts: the better ones are so more often."""
        recent = self._recent(day)
        if not recent or rng.random() >= CONVERTED_BY_CAMPAIGN:
            return ""
        return rng.choices(recent, [self.effects[name] for name in recent])[0]

    @cached_property
    def effects(self) -> dict[str, float]:
        """The true effect of each campaign."""
        return {each.campaign_id: EFFECTS[KINDS.index(each.kind)] for each in self.all}

    def started_at(self, campaign_id: str) -> datetime:
        """The morning of a campaign's first day."""
        return end_of_day(self._starts[campaign_id] - timedelta(days=1)) + timedelta(hours=6)

    @cached_property
    def _starts(self) -> dict[str, date]:
        return {each.campaign_id: each.starts_on for each in self.all}

    def _recent(self, day: date) -> tuple[str, ...]:
        if day not in self._recent_by_day:
            self._recent_by_day[day] = tuple(
                campaign.campaign_id
                for campaign in self.all
                if campaign.starts_on + ANSWERED_AFTER < day < campaign.ends_on + ANSWERED_UNTIL
            )
        return self._recent_by_day[day]


def build_campaigns(seed: int, owner: str, first: date, end: date) -> Campaigns:
    """Start a campaign of the next kind every few weeks."""
    rng = stream(seed, "campaigns")
    journal = Journal("Campaign")
    campaigns: list[Campaign] = []
    starts_on = first
    while starts_on < end:
        kind = KINDS[len(campaigns) % len(KINDS)]
        ends_on = starts_on + timedelta(weeks=kind[2])
        campaigns.append(_enter(rng, journal, owner, Campaign("", starts_on, ends_on, kind)))
        starts_on += timedelta(days=DAYS_BETWEEN + rng.randrange(-5, 6))
    spend = (row for campaign in campaigns for row in _spend(rng, campaign))
    return Campaigns(
        journal,
        tuple(campaigns),
        tuple(sorted(spend, key=lambda row: (row.spend_on, row.campaign_id))),
    )


def _enter(rng: Random, journal: Journal, owner: str, campaign: Campaign) -> Campaign:
    starts_on, ends_on, kind = campaign.starts_on, campaign.ends_on, campaign.kind
    planned_at = office_moment(rng, starts_on - timedelta(days=21), "AMER")
    budget = float(round(kind[3] * kind[2] * 7) or rng.randrange(4, 30) * 1000)
    fields: Fields = {
        "Name": f"{starts_on:%Y-%m} {kind[0]}: {rng.choice(TOPICS)}",
        "Type": kind[0],
        "Status": "Planned",
        "StartDate": starts_on,
        "EndDate": ends_on - timedelta(days=1),
        "CurrencyIsoCode": "USD",
        "BudgetedCost": budget,
        "ExpectedResponse": float(rng.choice((2, 3, 5))),
        "OwnerId": owner,
    }
    campaign_id = journal.create(planned_at, owner, fields)
    launched_at = end_of_day(starts_on - timedelta(days=1)) + timedelta(hours=6)
    journal.change(campaign_id, launched_at, owner, {"Status": "In Progress", "IsActive": True})
    closed_at = end_of_day(ends_on) - timedelta(hours=10)
    closing: Fields = {
        "Status": "Completed",
        "IsActive": False,
        "ActualCost": round(budget * rng.uniform(0.85, 1.15), 2),
    }
    journal.change(campaign_id, closed_at, owner, closing)
    return Campaign(campaign_id, local_day(launched_at), ends_on, kind)


def _spend(rng: Random, campaign: Campaign) -> list[Spend]:
    """One row a day; nothing on most weekends of business advertising."""
    _, channel, _, per_day, per_click = campaign.kind
    rows = []
    for day in days(campaign.starts_on, campaign.ends_on if channel else campaign.starts_on):
        if day.weekday() > 4 and rng.random() < 0.7:
            continue
        amount = lognormal(rng, per_day, 0.3)
        clicks = round(amount / lognormal(rng, per_click, 0.2))
        impressions = round(clicks * lognormal(rng, 45.0, 0.25)) + rng.randrange(50)
        rows.append(Spend(campaign.campaign_id, day, channel, impressions, clicks, f"{amount:.2f}"))
    return rows
