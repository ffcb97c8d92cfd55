"""All deals of the demo company over the years, as records.

Decides who works which deal on what account, and writes the journals of `Opportunity`,
`OpportunityHistory` and `OpportunityLineItem`. How one deal runs is drawn in `deals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from pipelines.calendar import days
from pipelines.demo.campaigns import Campaigns
from pipelines.demo.catalogue import Catalogue
from pipelines.demo.clock import end_of_day, lognormal, office_moment
from pipelines.demo.deals import NEVER_PRICED, Brief, run_deal
from pipelines.demo.division import Division
from pipelines.demo.market import Account, Market
from pipelines.demo.people import Organisation, Person
from pipelines.demo.records import DealJournals, DealWriter
from pipelines.demo.vocabulary import LEAD_SOURCES

DEALS_PER_DAY = 5.9
"""New deals per calendar day at scale 1."""
SEASON = (0.95, 1.0, 1.1, 1.05, 1.0, 1.0, 0.9, 0.8, 1.1, 1.1, 1.1, 0.8)
"""How busy each month of the year is."""
GROWTH_PER_YEAR = 0.1
FROM_LEAD = 0.36
HAS_LINES = 0.85
NO_NEXT_STEP = 0.1
DELETED = 0.04
MEDIAN_AMOUNT, AMOUNT_SIGMA = 30_000.0, 0.75
SMALLEST, LARGEST = 5_000.0, 400_000.0


@dataclass(frozen=True)
class World:
    """The rooms a deal refers to."""

    organisation: Organisation
    catalogue: Catalogue
    market: Market
    campaigns: Campaigns


@dataclass(frozen=True)
class Deals:
    """All deals, and the journals that say so."""

    journals: DealJournals
    all: list[DealWriter] = field(default_factory=list)
    """Those that were not deleted."""
    deleted: list[DealWriter] = field(default_factory=list)
    """Those that were, some of them after they had been won."""


def build_deals(
    division: Division, world: World, warm_up_from: date, first_day: date, end: date
) -> Deals:
    """Open deals day by day and run each to its end, even beyond the last extract.

    Deals that were closed before the CRM's first day stay in the system that was used then.
    """
    rng = division.stream("deals")
    deals = Deals(
        DealJournals(
            division.journal("Opportunity"),
            division.journal("OpportunityHistory"),
            division.journal("OpportunityLineItem"),
            division.journal("OpportunityFieldHistory"),
        )
    )
    for day, seller in _openings(rng, division.scale, world.organisation, warm_up_from, end):
        _open_deal(rng, deals, world, seller, day, end_of_day(first_day - timedelta(days=1)))
    return deals


def _openings(
    rng: Random, scale: float, organisation: Organisation, first: date, end: date
) -> Iterator[tuple[date, Person]]:
    """Days and sellers of new deals: more by year, by skill and with experience."""
    due = 0.0
    for day in days(first, end):
        if day.weekday() > 4:
            continue
        growth = 1 + GROWTH_PER_YEAR * (day - first).days / 365
        busy = growth * SEASON[day.month - 1]
        due += DEALS_PER_DAY * 7 / 5 * scale * busy * rng.uniform(0.6, 1.4)
        sellers = [seller for seller in organisation.sellers if seller.is_active(day)]
        weights = list(accumulate(seller.speed(day) * seller.skill for seller in sellers))
        for seller in rng.choices(sellers, cum_weights=weights, k=int(due)):
            yield day, seller
        due -= int(due)


def _open_deal(
    rng: Random, deals: Deals, world: World, seller: Person, day: date, first_cut: datetime
) -> None:
    team = seller.team_on(day)
    created_at = office_moment(rng, day, team.region)
    account = world.market.pick(rng, team, created_at - timedelta(hours=2))
    brief = _brief(rng, seller.skill_on(day), account, created_at)
    edits = run_deal(rng, brief)
    is_from_lead = rng.random() < FROM_LEAD
    campaign_id = world.campaigns.converting(rng, day) if is_from_lead else ""
    writer = DealWriter(
        deals.journals,
        world.organisation,
        account,
        seller,
        team.currency if rng.random() < team.currency_share else "USD",
        is_from_lead,
        campaign_id,
        "Web" if campaign_id else rng.choice(LEAD_SOURCES),
        has_next_step=rng.random() >= NO_NEXT_STEP,
        has_lines=brief.is_priced and rng.random() < HAS_LINES,
    )
    ends_at = edits[-1].at
    is_deleted = not is_from_lead and rng.random() < DELETED
    if is_deleted:
        ends_at = min(
            ends_at, brief.created_at + timedelta(seconds=rng.randrange(5 * 86400, 60 * 86400))
        )
        edits = edits[:1] + [edit for edit in edits[1:] if edit.at < ends_at]
    if ends_at < first_cut:
        return
    writer.write(rng, world.catalogue, edits, ends_at if is_deleted else datetime.max)
    if is_deleted:
        writer.delete(ends_at + timedelta(minutes=1))
        deals.deleted.append(writer)
    else:
        deals.all.append(writer)


def _brief(rng: Random, skill: float, account: Account, created_at: datetime) -> Brief:
    worth = lognormal(rng, MEDIAN_AMOUNT * account.segment.worth, AMOUNT_SIGMA)
    return Brief(
        created_at=created_at,
        region=account.team.region,
        segment=account.segment,
        skill=skill,
        amount=min(LARGEST, max(SMALLEST, worth)),
        is_priced=rng.random() >= NEVER_PRICED,
    )
