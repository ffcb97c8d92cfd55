"""Generate the demo company: simulate it once, then write what its systems deliver each day.

The one entry of this package. Landing the files is left to the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipelines.demo.campaigns import Campaigns, build_campaigns
from pipelines.demo.catalogue import build_catalogue
from pipelines.demo.clock import end_of_day, quarter
from pipelines.demo.finance import Invoice, Quota, build_invoices, build_quotas
from pipelines.demo.finance_files import (
    write_invoices,
    write_order_lines,
    write_orders,
    write_quotas,
    write_seller_totals,
    write_territories,
)
from pipelines.demo.journal import Journal, Replay
from pipelines.demo.leads import build_leads
from pipelines.demo.market import build_market
from pipelines.demo.opportunities import World, build_deals
from pipelines.demo.orders import Order, Records, build_orders, orders_on
from pipelines.demo.organisation import build_organisation
from pipelines.demo.rates import FIRST_RATE_ON, Rates, build_rates, rate_lines
from pipelines.demo.rendering import ExportWriter, extract_days, write_lines, write_spend
from pipelines.demo.seller_totals import seller_totals
from pipelines.demo.territories import Assignment, build_assignments

FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2026, 6, 30)
FOUNDED_BEFORE = timedelta(days=180)
WARM_UP = timedelta(days=150)
"""Deals opened so long before the first day are there if they were still open on it."""
SHORTEST = timedelta(days=200)

SALESFORCE_OBJECTS = {
    "Account": "account",
    "Campaign": "campaign",
    "CampaignMember": "campaign_member",
    "Contact": "contact",
    "Lead": "lead",
    "Opportunity": "opportunity",
    "OpportunityHistory": "opportunity_history",
    "OpportunityLineItem": "opportunity_line_item",
    "PricebookEntry": "pricebook_entry",
    "Product2": "product",
    "User": "user",
    "UserRole": "user_role",
}
"""Exported object and the name its contract has for it."""


@dataclass(frozen=True)
class DemoFile:
    """One delivered file and where it belongs."""

    source: str
    object: str
    day: date
    path: Path


@dataclass(frozen=True)
class DemoExtracts:
    """All deliveries, in order of their days."""

    days: list[date]
    files: list[DemoFile]


@dataclass(frozen=True)
class _Company:
    journals: list[Journal]
    campaigns: Campaigns
    quotas: list[Quota]
    invoices: list[Invoice]
    orders: list[Order]
    assignments: list[Assignment]
    rates: Rates


def generate(
    out: Path,
    *,
    seed: int = 7,
    scale: float = 1.0,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
    days: Sequence[date] | None = None,
) -> DemoExtracts:
    """Write `<out>/<day>/<file>` for every extract day; equal arguments give equal bytes.

    Args:
        out: folder to write to; made if it is absent.
        seed: another number is another company of the same kind.
        scale: 1 is about 5,000 deals and 50 sellers in two years.
        first_day: first day of the CRM.
        last_day: last day that is simulated; the last extract.
        days: extract days; four over the last seven weeks unless given.

    Raises:
        ValueError: the span is too short or too early, the scale not positive, or an extract
            day lies outside the span.
    """
    chosen = sorted(days) if days is not None else list(extract_days(last_day))
    _check(scale, first_day, last_day, chosen)
    company = _simulate(seed, scale, first_day, last_day)
    replays = {journal.object_name: Replay(journal) for journal in company.journals}
    writers = [ExportWriter(replay) for replay in replays.values()]
    files: list[DemoFile] = []
    previous: date | None = None
    for day in chosen:
        folder = out / day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        for writer in writers:
            path = writer.write(folder, day)
            files.append(DemoFile("salesforce", SALESFORCE_OBJECTS[path.stem], day, path))
        records = {name: replay.records for name, replay in replays.items()}
        files += _write_finance(company, folder, day, records)
        files += _write_others(company, folder, previous, day)
        previous = day
    return DemoExtracts(chosen, files)


def _write_finance(
    company: _Company, folder: Path, day: date, records: Mapping[str, Records]
) -> list[DemoFile]:
    """Finance's books; orders and totals follow what the CRM says on that evening."""
    deals, lines = records["Opportunity"], records["OpportunityLineItem"]
    orders = list(orders_on(company.orders, day, deals, lines))
    totals = seller_totals(day, company.quotas, deals, company.rates)
    paths = {
        "quota": write_quotas(folder, day, company.quotas),
        "invoice": write_invoices(folder, day, company.invoices),
        "order": write_orders(folder, orders),
        "order_line": write_order_lines(folder, orders),
        "territory": write_territories(folder, day, company.assignments),
        "seller_total": write_seller_totals(folder, totals),
    }
    return [DemoFile("finance", name, day, path) for name, path in paths.items()]


def _write_others(
    company: _Company, folder: Path, previous: date | None, day: date
) -> list[DemoFile]:
    rates = rate_lines(company.rates, day)
    spend = company.campaigns.spend
    return [
        DemoFile("marketing", "ad_spend", day, write_spend(folder, previous, day, spend)),
        DemoFile("ecb", "rate", day, write_lines(folder / "eurofxref-hist.csv", rates)),
    ]


def _simulate(seed: int, scale: float, first_day: date, last_day: date) -> _Company:
    """Everything that happens, to the end of the last day's quarter so that quotas fit it."""
    founded_on = first_day - FOUNDED_BEFORE
    warm_up_from = first_day - WARM_UP
    end = quarter(last_day).next_starts_on
    organisation = build_organisation(seed, scale, founded_on, first_day, last_day)
    catalogue = build_catalogue(end_of_day(founded_on), organisation.system)
    market = build_market(seed, scale, organisation, founded_on, last_day)
    campaigns = build_campaigns(seed, organisation.marketing, warm_up_from, end)
    world = World(organisation, catalogue, market, campaigns)
    deals = build_deals(seed, scale, world, warm_up_from, first_day, end)
    leads = build_leads(seed, scale, organisation, market, campaigns, deals.all, (first_day, end))
    rates = build_rates(seed, end)
    journals = [
        market.accounts,
        campaigns.journal,
        leads.members,
        market.contacts,
        leads.leads,
        deals.opportunities,
        deals.history,
        deals.lines,
        catalogue.entry_journal,
        catalogue.product_journal,
        organisation.users,
        organisation.roles,
    ]
    quotas = build_quotas(seed, organisation, deals.all, rates, (first_day, last_day))
    return _Company(
        journals,
        campaigns,
        quotas,
        build_invoices(seed, deals.all),
        build_orders(seed, [*deals.all, *deals.deleted], catalogue),
        build_assignments(seed, organisation, first_day, last_day),
        rates,
    )


def _check(scale: float, first_day: date, last_day: date, days: Sequence[date]) -> None:
    if scale <= 0:
        raise ValueError(f"scale must be positive, not {scale}")
    if last_day - first_day < SHORTEST:
        raise ValueError(
            f"{first_day} to {last_day} is too short for a company: "
            f"take at least {SHORTEST.days} days"
        )
    if first_day - FOUNDED_BEFORE < FIRST_RATE_ON:
        raise ValueError(
            f"first_day {first_day} is too early: exchange rates start on {FIRST_RATE_ON}, "
            f"take {FIRST_RATE_ON + FOUNDED_BEFORE} or later"
        )
    outside = [day for day in days if not first_day <= day <= last_day]
    if outside:
        raise ValueError(
            f"{len(outside)} extract days lie outside {first_day} to {last_day}, such as "
            f"{outside[0]}"
        )
