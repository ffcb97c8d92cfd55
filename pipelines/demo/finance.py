"""What finance keeps: quotas by person and fiscal quarter, and invoices for won deals.

Quotas are set so that the company as a whole reaches about nine tenths of them; people differ.
Rows carry the moment from which finance knew them; writing files is left to `rendering`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from random import Random

from pipelines.calendar import FiscalPeriod, days, fiscal_period, fiscal_periods
from pipelines.demo.clock import FISCAL_YEAR_STARTS_IN, end_of_day, local_day
from pipelines.demo.division import Division
from pipelines.demo.ids import IDS_PER_DIVISION
from pipelines.demo.people import Organisation, Person
from pipelines.demo.rates import Rates
from pipelines.demo.records import DealWriter
from pipelines.demo.seats import SMALLEST_SHARE, counting_share, days_share, is_ramping

COMPANY_ATTAINMENT = (0.85, 0.95)
PULL = 0.7
"""How far a quota leans to what its seller's ground yields instead of to the team's mean."""
MANAGER_SHARE = 0.95
DIRECTOR_SHARE = 0.9
SHORTEST_SEAT = 0.25
"""Nobody gets a quota for a quarter in which they hardly sell."""
LATE_INVOICE, UNPAID = 0.08, 0.06


@dataclass(frozen=True)
class Quota:
    """One row of the quota file, from the moment of its approval."""

    quota_id: str
    participant_id: str
    """Nobody's, where it is of a node."""
    measure: str
    """`bookings` for sellers and nodes, `team_bookings` for those who lead them."""
    period: FiscalPeriod
    amount: int
    version: int
    approved_at: datetime
    node: str = ""
    share: Fraction = Fraction(1)
    """How much of a full quota counts (`seats`); the file only says that it is one."""
    is_full: bool = False


@dataclass(frozen=True)
class Invoice:
    """One invoice with the days on which finance learned of its end."""

    invoice_id: str
    deal: DealWriter
    invoiced_on: date
    due_on: date
    paid_on: date | None
    voided_on: date | None
    credited_on: date | None
    """When a credit memo took it back, if its deal was reversed after it was paid."""
    amount: int


RegionQuotas = dict[tuple[FiscalPeriod, str], int]
"""What sellers' quotas add up to, by quarter and region."""


def build_quotas(
    division: Division,
    organisation: Organisation,
    deals: list[DealWriter],
    rates: Rates,
    span: tuple[date, date],
    founded_on: date,
) -> tuple[list[Quota], RegionQuotas]:
    """Quotas of every quarter that began in the span: sellers and managers of a division."""
    rng = division.stream("quotas")
    bookings = _bookings(deals, rates)
    quotas: list[Quota] = []
    by_region: RegionQuotas = defaultdict(int)
    by_id = {seller.user_id: seller for seller in organisation.sellers}
    for period in fiscal_periods(*span, "quarter", year_starts_in=FISCAL_YEAR_STARTS_IN):
        if period.starts_on < span[0]:
            continue
        amounts = _seller_amounts(rng, organisation, bookings, period)
        approved_at = {
            seller.user_id: max(_approved_at(period), _after_hire(seller))
            for seller in organisation.sellers
        }
        for user_id, amount in amounts.items():
            quota = _quota(period, user_id, "bookings", amount, approved_at[user_id])
            quotas.append(_on_paper(quota, by_id[user_id], founded_on))
        for manager, amount in _manager_amounts(organisation, period, amounts):
            by_region[period, manager.team.region] += amount
            asked = _to_thousands(amount * MANAGER_SHARE)
            quotas.append(
                _quota(period, manager.user_id, "team_bookings", asked, _approved_at(period))
            )
    return quotas + _relieve_some(rng, organisation, quotas, span[1]), by_region


def build_leader_quotas(organisation: Organisation, by_region: RegionQuotas) -> list[Quota]:
    """Quotas of the directors and the VP: a little less than what all divisions hand out.

    The regions and the company have the same ones as nodes.
    """
    totals: dict[FiscalPeriod, int] = defaultdict(int)
    quotas = []
    for (period, region), amount in by_region.items():
        totals[period] += amount
        director, asked = organisation.directors[region], _to_thousands(amount * DIRECTOR_SHARE)
        quotas.append(_quota(period, director, "team_bookings", asked, _approved_at(period)))
        quotas.append(_node_quota(period, f"region/{region}", asked))
    for period, amount in totals.items():
        asked = _to_thousands(amount * DIRECTOR_SHARE)
        vice_president = organisation.vice_president
        quotas.append(_quota(period, vice_president, "team_bookings", asked, _approved_at(period)))
        quotas.append(_node_quota(period, "company", asked))
    return quotas


def _node_quota(period: FiscalPeriod, node: str, amount: int) -> Quota:
    quota_id = f"Q-{period.label}-{node.replace('/', '-')}-1"
    return Quota(quota_id, "", "bookings", period, amount, 1, _approved_at(period), node)


def _on_paper(quota: Quota, seller: Person, founded_on: date) -> Quota:
    """The full quota of which what counts comes to the given amount."""
    if is_ramping(seller, quota.period, founded_on):
        share = counting_share(seller, quota.period, founded_on)
    else:
        share = days_share(seller, quota.period)
    if share < SMALLEST_SHARE:
        return quota
    return replace(
        quota, amount=_to_thousands(float(quota.amount / share)), share=share, is_full=True
    )


def _quota(
    period: FiscalPeriod, person_id: str, measure: str, amount: int, approved_at: datetime
) -> Quota:
    quota_id = f"Q-{period.label}-{person_id[9:15]}-1"
    return Quota(quota_id, person_id, measure, period, amount, 1, approved_at)


def _to_thousands(amount: float) -> int:
    return round(amount / 1000) * 1000


def _bookings(deals: list[DealWriter], rates: Rates) -> dict[tuple[str, str], float]:
    """Dollars at the fiscal year's plan rate, by seller and quarter."""
    booked: dict[tuple[str, str], float] = defaultdict(float)
    for deal in deals:
        if deal.won_at and not deal.reversed_at and deal.amount:
            period = _quarter(deal.close_on)
            year = fiscal_period(deal.close_on, "year", year_starts_in=FISCAL_YEAR_STARTS_IN)
            rate = (
                1.0 if deal.currency == "USD" else rates.to_dollars(deal.currency, year.starts_on)
            )
            booked[deal.owner.user_id, period.label] += deal.amount * rate
    return booked


def _seller_amounts(
    rng: Random,
    organisation: Organisation,
    bookings: dict[tuple[str, str], float],
    period: FiscalPeriod,
) -> dict[str, int]:
    seats = {
        seller.user_id: (seller, seat)
        for seller in organisation.sellers
        if (seat := _seat(seller, period)) > SHORTEST_SEAT
    }
    total = sum(bookings[user_id, period.label] for user_id in seats)
    leaning: dict[str, float] = {}
    for user_id, (seller, seat) in seats.items():
        own = seller.team_on(period.starts_on)
        team = [(i, w) for i, (other, w) in seats.items() if other.team_on(period.starts_on) is own]
        mean = sum(bookings[i, period.label] for i, _ in team) / sum(w for _, w in team)
        expected = max(mean, 1.0) * seat
        yielded = max(bookings[user_id, period.label], 0.35 * expected)
        leaning[user_id] = expected ** (1 - PULL) * yielded**PULL * rng.lognormvariate(0, 0.16)
    scale = total / rng.uniform(*COMPANY_ATTAINMENT) / max(1.0, sum(leaning.values()))
    return {
        user_id: max(5, round(amount * scale / 1000)) * 1000 for user_id, amount in leaning.items()
    }


def _seat(seller: Person, period: FiscalPeriod) -> float:
    """Mean speed over the quarter: lower in the ramp, after a hire and before leaving."""
    speeds = [seller.speed(day) for day in days(period.starts_on, period.next_starts_on)]
    return sum(speeds) / len(speeds)


def _manager_amounts(
    organisation: Organisation, period: FiscalPeriod, amounts: dict[str, int]
) -> Iterator[tuple[Person, int]]:
    """What the sellers of each manager's team are asked for."""
    for managers in organisation.managers.values():
        manager = next(m for m in reversed(managers) if m.hired_on < period.starts_on)
        on = period.starts_on
        team = [s for s in organisation.sellers if s.team_on(on) is manager.team]
        yield manager, sum(amounts.get(seller.user_id, 0) for seller in team)


def _approved_at(period: FiscalPeriod) -> datetime:
    """A week before the quarter."""
    return datetime.combine(period.starts_on - timedelta(days=7), time(16))


def _after_hire(seller: Person) -> datetime:
    return datetime.combine(seller.hired_on + timedelta(days=3), time(16))


def _relieve_some(
    rng: Random, organisation: Organisation, quotas: list[Quota], last_day: date
) -> list[Quota]:
    """Two sellers get relief in the last quarter: a second version of their quota."""
    sellers = {seller.user_id for seller in organisation.sellers if seller.left_on is None}
    current = [
        quota
        for quota in quotas
        if quota.period.starts_on <= last_day < quota.period.next_starts_on
        and quota.participant_id in sellers
        and quota.approved_at < datetime.combine(quota.period.starts_on, time())
    ]
    approved_at = datetime.combine(last_day - timedelta(days=25), time(15, 30))
    return [
        replace(
            q,
            quota_id=f"{q.quota_id.removesuffix('-1')}-2",
            amount=round(q.amount * 0.85),
            version=2,
            approved_at=approved_at,
        )
        for q in rng.sample(current, min(2, len(current)))
    ]


def build_invoices(division: Division, deals: list[DealWriter]) -> list[Invoice]:
    """One invoice per won deal with an amount, or two for the large ones, in order of issue."""
    rng = division.stream("invoices")
    drafts: list[Invoice] = []
    for deal in sorted(deals, key=lambda deal: (deal.won_at or datetime.max, deal.opportunity_id)):
        if deal.won_at is None or deal.amount is None:
            continue
        won_on = local_day(deal.won_at)
        parts = 2 if deal.amount > 100_000 else 1
        for part in range(parts):
            late = rng.randrange(30, 75) if rng.random() < LATE_INVOICE else 0
            issued_on = won_on + timedelta(days=rng.randrange(1, 9) + late + 91 * part)
            amount = deal.amount // parts + (deal.amount % parts if part == 0 else 0)
            drafts.append(_invoice(rng, deal, issued_on, amount))
    drafts.sort(key=lambda draft: draft.invoiced_on)
    return [
        replace(draft, invoice_id=f"INV-{number:06d}")
        for number, draft in enumerate(drafts, start=(division.number - 1) * IDS_PER_DIVISION + 1)
    ]


def _invoice(rng: Random, deal: DealWriter, issued_on: date, amount: int) -> Invoice:
    due_on = issued_on + timedelta(days=rng.choice((30, 30, 30, 45, 60)))
    voided_on = local_day(deal.reversed_at) if deal.reversed_at else None
    paid_on = due_on + timedelta(days=round(rng.gauss(4, 12)))
    if rng.random() < UNPAID or (voided_on and voided_on <= paid_on):
        if voided_on is not None:
            voided_on = max(voided_on, issued_on)
        return Invoice("", deal, issued_on, due_on, None, voided_on, None, amount)
    paid_on = max(paid_on, issued_on)
    credited_on = max(voided_on, paid_on) + timedelta(days=3) if voided_on else None
    return Invoice("", deal, issued_on, due_on, paid_on, None, credited_on, amount)


def _quarter(day: date) -> FiscalPeriod:
    return fiscal_period(day, "quarter", year_starts_in=FISCAL_YEAR_STARTS_IN)


def approved_before(quotas: list[Quota], day: date) -> list[Quota]:
    """The quotas finance had approved by the end of a day."""
    return [quota for quota in quotas if quota.approved_at < end_of_day(day)]
