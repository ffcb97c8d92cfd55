"""Run the company: its headquarters once, then each division, into the text of their deliveries.

A division is simulated whole, worded day by day and forgotten, so that memory does not grow with
the company. Files are put together in `generate`.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.demo.activities import build_activities
from pipelines.demo.campaigns import Campaigns, build_campaigns
from pipelines.demo.catalogue import Catalogue, build_catalogue
from pipelines.demo.clock import end_of_day, quarter
from pipelines.demo.division import Division
from pipelines.demo.finance import (
    Quota,
    RegionQuotas,
    build_invoices,
    build_leader_quotas,
    build_quotas,
)
from pipelines.demo.finance_files import (
    quota_rows,
    seat_rows,
    seller_total_rows,
    territory_rows,
)
from pipelines.demo.journal import Journal
from pipelines.demo.leads import build_leads
from pipelines.demo.market import build_market
from pipelines.demo.marketo import Mailbox, build_mailbox
from pipelines.demo.netsuite import Books
from pipelines.demo.opportunities import World, build_deals
from pipelines.demo.orders import Order, Records, build_orders, orders_on
from pipelines.demo.organisation import build_headquarters, build_organisation
from pipelines.demo.people import Organisation
from pipelines.demo.rates import Rates, build_rates
from pipelines.demo.rendering import Export
from pipelines.demo.seats import Seat, build_seats
from pipelines.demo.seller_totals import seller_totals
from pipelines.demo.splits import SplitTypes, build_split_types, build_splits
from pipelines.demo.territories import Assignment, build_assignments
from pipelines.demo.truth import Tables, truth_of

FOUNDED_BEFORE = timedelta(days=180)
WARM_UP = timedelta(days=150)
"""Deals opened so long before the first day are there if they were still open on it."""

CONNECTORS = ("google_ads", "linkedin_ads", "marketo", "netsuite")
"""Sources whose files are tables of a connector."""

Part = dict[tuple[str, str], str]
"""What is delivered on a day: the rows of each (source, object)."""


@dataclass(frozen=True)
class Span:
    """The days the company is simulated for."""

    first_day: date
    last_day: date

    @property
    def founded_on(self) -> date:
        return self.first_day - FOUNDED_BEFORE

    @property
    def warm_up_from(self) -> date:
        return self.first_day - WARM_UP

    @property
    def end(self) -> date:
        """The end of the last day's quarter, so that quotas fit it."""
        return quarter(self.last_day).next_starts_on


@dataclass(frozen=True)
class Headquarters:
    """What all divisions share."""

    organisation: Organisation
    catalogue: Catalogue
    campaigns: Campaigns
    rates: Rates
    split_types: SplitTypes

    @property
    def journals(self) -> list[Journal]:
        return [
            self.campaigns.journal,
            self.catalogue.entry_journal,
            self.catalogue.product_journal,
            self.split_types.journal,
            self.organisation.users,
            self.organisation.roles,
        ]


@dataclass(frozen=True)
class DivisionBooks:
    """What a division's finance and marketing keep beside the CRM."""

    quotas: list[Quota]
    orders: list[Order]
    books: Books
    assignments: list[Assignment]
    seats: list[Seat]
    rates: Rates
    revenue_split: str
    """Id of the split type by which direct credit is shared."""
    mailbox: Mailbox

    def take(self, day: date, deals: Records, lines: Records, splits: Records) -> Part:
        """What is delivered on an evening; orders and totals follow what the CRM says then."""
        totals = seller_totals(day, self.quotas, (deals, splits), self.revenue_split, self.rates)
        tables = self.books.take(day, orders_on(self.orders, day, deals, lines))
        tables |= self.mailbox.take(day)
        return by_connector(tables) | {
            ("finance", "quota"): quota_rows(day, self.quotas),
            ("finance", "seat"): seat_rows(day, self.seats),
            ("finance", "territory"): territory_rows(day, self.assignments),
            ("finance", "seller_total"): seller_total_rows(totals),
        }


def by_connector(tables: dict[str, str]) -> Part:
    """Tables under the names of their source and object."""
    return {
        (source, table.removeprefix(f"{source}_")): rows
        for table, rows in tables.items()
        for source in CONNECTORS
        if table.startswith(f"{source}_")
    }


def build_shared(seed: int, span: Span) -> Headquarters:
    """Leaders, products, campaigns and rates: the same however large the company is."""
    organisation = build_headquarters(seed, span.founded_on)
    founded = end_of_day(span.founded_on)
    return Headquarters(
        organisation,
        build_catalogue(founded, organisation.system),
        build_campaigns(seed, organisation.marketing, span.warm_up_from, span.end),
        build_rates(seed, span.end),
        build_split_types(Journal("OpportunitySplitType"), founded, organisation.system),
    )


@dataclass(frozen=True)
class Result:
    """What a division hands to the company."""

    parts: list[Part]
    """Its part of every delivery, in order of the days."""
    by_region: RegionQuotas
    """What its people are asked for."""
    truth: Tables


def run_division(division: Division, span: Span, days: Sequence[date]) -> Result:
    """Simulate a division and word its part of every delivery."""
    # Nothing is thrown away while the division runs, and nothing in it refers in circles: looking
    # for garbage is time lost.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return _run_division(division, span, days)
    finally:
        if was_enabled:
            gc.enable()


def _run_division(division: Division, span: Span, days: Sequence[date]) -> Result:
    shared = build_shared(division.seed, span)
    journals, books, by_region, truth = _simulate(division, shared, span)
    exports = {journal.object_name: Export(journal) for journal in journals}
    parts = []
    for day in days:
        part: Part = {("salesforce", name): each.take(day) for name, each in exports.items()}
        deals, lines = exports["Opportunity"].records, exports["OpportunityLineItem"].records
        splits = exports["OpportunitySplit"].records
        parts.append(part | books.take(day, deals, lines, splits))
    return Result(parts, by_region, truth)


def leader_rows(shared: Headquarters, by_region: RegionQuotas, day: date) -> str:
    """The quotas of those who lead all divisions, as approved by the end of a day."""
    return quota_rows(day, build_leader_quotas(shared.organisation, by_region))


def _simulate(
    division: Division, shared: Headquarters, span: Span
) -> tuple[list[Journal], DivisionBooks, RegionQuotas, Tables]:
    first_day, last_day, end = span.first_day, span.last_day, span.end
    organisation = build_organisation(
        division, shared.organisation, span.founded_on, first_day, last_day
    )
    market = build_market(division, organisation, span.founded_on, last_day)
    world = World(organisation, shared.catalogue, market, shared.campaigns)
    deals = build_deals(division, world, span.warm_up_from, first_day, end)
    leads = build_leads(
        division, organisation, market, shared.campaigns, deals.all, (first_day, end)
    )
    quotas, by_region = build_quotas(
        division, organisation, deals.all, shared.rates, (first_day, last_day), span.founded_on
    )
    invoices = build_invoices(division, deals.all)
    orders = build_orders(division, [*deals.all, *deals.deleted], shared.catalogue)
    books = DivisionBooks(
        quotas,
        orders,
        Books(division, orders, invoices, shared.catalogue, shared.rates),
        build_assignments(organisation),
        build_seats(organisation, span.founded_on),
        shared.rates,
        shared.split_types.revenue,
        build_mailbox(division, shared.campaigns, leads.leads),
    )
    splits, shares = build_splits(
        division, organisation, shared.split_types, [*deals.all, *deals.deleted]
    )
    journals = [
        market.accounts,
        leads.members,
        market.contacts,
        leads.leads,
        deals.journals.opportunities,
        deals.journals.history,
        deals.journals.lines,
        deals.journals.field_history,
        splits,
        build_activities(division, deals.all, leads),
        organisation.users,
        organisation.roles,
    ]
    truth = truth_of([*deals.all, *deals.deleted], shares, invoices, quotas)
    return journals, books, by_region, truth
