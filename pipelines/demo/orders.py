"""The order desk: an order for every won deal with an amount, with the deal's lines.

Which order there will be, and when, is drawn once; what stands on it on a day follows the CRM's
records of that day. So an order changes when its deal is corrected, and is gone when the deal is
reversed or deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pipelines.demo.catalogue import Catalogue, Product
from pipelines.demo.clock import local_day
from pipelines.demo.division import Division
from pipelines.demo.ids import IDS_PER_DIVISION
from pipelines.demo.journal import Fields
from pipelines.demo.path import STAGES, WON
from pipelines.demo.records import DealWriter

Records = Mapping[str, Fields]
"""Records of a CRM object by id, as they stand on some evening."""

CENT, PRICE_UNIT = Decimal("0.01"), Decimal("0.0001")
DELAYS = (0, 1, 1, 2, 3, 5)
"""Days from the win to the order."""
MISKEYED = 1 / 300
"""Share of orders on which one line was entered with a unit too many."""
FREIGHTS = (0, 0, 0, 0, 25, 60, 140)
TAX_RATES = {
    "United States": ("0", "0.0625", "0.08"),
    "Canada": ("0.05", "0.13"),
    "United Kingdom": ("0.2",),
    "Germany": ("0.19",),
    "France": ("0.2",),
    "Australia": ("0.1",),
}
SEATS = "VS-1"
"""Codes of the products as which a deal is entered that names none."""


@dataclass(frozen=True)
class Order:
    """An order that will come, as far as it does not depend on the deal's further fate."""

    order_id: str
    deal: DealWriter
    ordered_on: date
    tax_rate: Decimal
    freight: int
    seat: Product
    """What it is entered as if the deal has no lines."""
    is_miskeyed: bool


@dataclass(frozen=True)
class OrderLine:
    """One line as it was entered."""

    product_id: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class OrderState:
    """An order as it stands on some evening."""

    order: Order
    subtotal: Decimal
    lines: list[OrderLine]

    @property
    def tax(self) -> Decimal:
        return (self.subtotal * self.order.tax_rate).quantize(CENT, ROUND_HALF_UP)

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.tax + self.order.freight


def build_orders(division: Division, deals: list[DealWriter], catalogue: Catalogue) -> list[Order]:
    """One order per deal that is ever won with an amount, numbered in order of their days."""
    rng = division.stream("orders")
    seats = [product for product in catalogue.products if product.code.startswith(SEATS)]
    drafts: list[Order] = []
    for deal in sorted(deals, key=lambda deal: (deal.won_at or datetime.max, deal.opportunity_id)):
        if deal.won_at is None or deal.amount is None:
            continue
        ordered_on = local_day(deal.won_at) + timedelta(days=rng.choice(DELAYS))
        tax_rate = Decimal(rng.choice(TAX_RATES[deal.account.team.country]))
        freight, seat = rng.choice(FREIGHTS), rng.choice(seats)
        is_miskeyed = rng.random() < MISKEYED
        drafts.append(Order("", deal, ordered_on, tax_rate, freight, seat, is_miskeyed))
    drafts.sort(key=lambda draft: draft.ordered_on)
    return [
        replace(draft, order_id=f"SO-{number:06d}")
        for number, draft in enumerate(drafts, start=(division.number - 1) * IDS_PER_DIVISION + 1)
    ]


def orders_on(
    orders: list[Order], day: date, deals: Records, lines: Records
) -> Iterator[OrderState]:
    """The orders in the books on the evening of a day: placed, and their deals still won."""
    for order in orders:
        if order.ordered_on > day:
            return
        deal = deals.get(order.deal.opportunity_id)
        if deal is not None and is_won(deal):
            subtotal = _decimal(deal["Amount"])
            yield OrderState(order, subtotal, _enter(order, subtotal, lines))


def is_won(deal: Fields) -> bool:
    """Does the CRM have the deal as won, and not in its recycle bin?"""
    return deal["StageName"] == STAGES[WON].name and not deal.get("IsDeleted", False)


def _enter(order: Order, subtotal: Decimal, lines: Records) -> list[OrderLine]:
    entered = [_copy(lines[line_id]) for line_id in order.deal.line_ids if line_id in lines]
    entered = entered or [_as_seats(order, subtotal)]
    if order.is_miskeyed:
        first = entered[0]
        entered[0] = replace(
            first, quantity=first.quantity + 1, amount=first.amount + first.unit_price
        )
    return entered


def _copy(line: Fields) -> OrderLine:
    return OrderLine(
        str(line["Product2Id"]),
        int(_decimal(line["Quantity"])),
        _decimal(line["UnitPrice"]),
        _decimal(line["TotalPrice"]),
    )


def _as_seats(order: Order, subtotal: Decimal) -> OrderLine:
    """As many seats as come near to the deal's amount, at what then is their price."""
    quantity = max(1, round(subtotal / order.seat.prices[order.deal.currency]))
    unit_price = (subtotal / quantity).quantize(PRICE_UNIT, ROUND_HALF_UP)
    return OrderLine(order.seat.product_id, quantity, unit_price, subtotal)


def _decimal(value: object) -> Decimal:
    return Decimal(str(value))
