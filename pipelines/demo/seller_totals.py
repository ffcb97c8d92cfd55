"""What finance's own books say each seller was credited: the total the warehouse is held against.

Added up from the CRM's records of the day and the quotas finance approved, in dollars at the plan
rate: the last central bank rate on or before the fiscal year's first day, to nine decimals, and
each share of a deal to four. Revenue splits share a deal; one without them is its owner's. Deals
in a quarter for which a seller has no quota are credited to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from pipelines.calendar import fiscal_period
from pipelines.demo.clock import FISCAL_YEAR_STARTS_IN, quarter
from pipelines.demo.finance import Quota, approved_before
from pipelines.demo.orders import Records, is_won
from pipelines.demo.rates import Rates

TOTAL_NAME = "credited_bookings"
N_PERIODS = 4
"""Newest quarters with quotas, so about a year."""
RATE_UNIT, CREDIT_UNIT, CENT = Decimal("1e-9"), Decimal("1e-4"), Decimal("0.01")


@dataclass(frozen=True)
class SellerTotal:
    """One seller's credit over the newest quota periods."""

    participant_id: str
    amount: Decimal


def seller_totals(
    day: date,
    quotas: list[Quota],
    records: tuple[Records, Records],
    revenue_split: str,
    rates: Rates,
) -> list[SellerTotal]:
    """A total for everybody with a quota in those periods, by the books of that evening.

    Args:
        day: the evening.
        quotas: all there will ever be.
        records: the CRM's deals and splits.
        revenue_split: id of the type of split that shares a deal.
        rates: the central bank's.
    """
    deals, splits = records
    shares: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for split in splits.values():
        if split["SplitTypeId"] == revenue_split and not split.get("IsDeleted"):
            percent = Decimal(str(split["SplitPercentage"])) / 100
            shares[str(split["OpportunityId"])].append((str(split["SplitOwnerId"]), percent))
    known = [quota for quota in approved_before(quotas, day) if quota.measure == "bookings"]
    newest = set(sorted({quota.period for quota in known})[-N_PERIODS:])
    seats = {(quota.participant_id, quota.period) for quota in known if quota.period in newest}
    totals = dict.fromkeys(sorted(participant_id for participant_id, _ in seats), Decimal(0))

    @cache
    def plan_rate(currency: str, year_starts_on: date) -> Decimal:
        rate = 1.0 if currency == "USD" else rates.to_dollars(currency, year_starts_on)
        return Decimal(rate).quantize(RATE_UNIT, ROUND_HALF_UP)

    for deal_id, deal in deals.items():
        if not is_won(deal) or deal["Amount"] == "":
            continue
        close_on = deal["CloseDate"]
        assert isinstance(close_on, date)
        for seller, share in shares.get(deal_id) or [(str(deal["OwnerId"]), Decimal(1))]:
            if (seller, quarter(close_on)) in seats:
                year = fiscal_period(close_on, "year", year_starts_in=FISCAL_YEAR_STARTS_IN)
                rate = plan_rate(str(deal["CurrencyIsoCode"]), year.starts_on)
                credit = Decimal(str(deal["Amount"])) * rate * share
                totals[seller] += credit.quantize(CREDIT_UNIT, ROUND_HALF_UP)
    return [
        SellerTotal(participant_id, amount.quantize(CENT, ROUND_HALF_UP))
        for participant_id, amount in totals.items()
    ]
