"""The product lines of one deal: composed for a worth, then resized or discounted to another.

Prices are whole units of currency, so a deal's amount times any stage's probability is exact to
the cent. Which deal has lines, and when they change, is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from pipelines.demo.catalogue import Catalogue, Product
from pipelines.demo.journal import Fields, Journal

DEEPEST_DISCOUNT = 0.30


@dataclass(slots=True)
class Line:
    """One product on a deal."""

    product: Product
    list_price: int
    quantity: int
    unit_price: int
    line_id: str = ""

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price


def compose(rng: Random, catalogue: Catalogue, currency: str, worth: float) -> list[Line]:
    """One to four products whose list prices come near to the worth."""
    affordable = [p for p in catalogue.products if p.prices[currency] <= worth] or [
        min(catalogue.products, key=lambda product: product.prices[currency])
    ]
    chosen = rng.sample(affordable, min(len(affordable), rng.choice((1, 2, 2, 3, 4))))
    weights = [rng.uniform(0.5, 2.0) for _ in chosen]
    lines = []
    for product, weight in zip(chosen, weights, strict=True):
        price = product.prices[currency]
        quantity = max(1, round(worth * weight / sum(weights) / price))
        lines.append(Line(product, price, quantity, price))
    return lines


def reprice(lines: list[Line], worth: float) -> None:
    """Bring the lines near to a new worth: discount downwards, else change quantities."""
    factor = worth / max(1, sum(line.quantity * line.list_price for line in lines))
    if 1 - DEEPEST_DISCOUNT <= factor <= 1:
        for line in lines:
            line.unit_price = round(line.list_price * factor)
        return
    for line in lines:
        line.quantity = max(1, round(line.quantity * factor))
        line.unit_price = line.list_price


def write_new(
    journal: Journal, deal_id: str, currency: str, lines: list[Line], at: datetime, by: str
) -> None:
    """Record the lines as added to the deal."""
    for position, line in enumerate(lines, start=1):
        line.line_id = journal.create(
            at,
            by,
            {
                "OpportunityId": deal_id,
                "SortOrder": position,
                "PricebookEntryId": line.product.entries[currency],
                "Product2Id": line.product.product_id,
                "ProductCode": line.product.code,
                "Name": line.product.name,
                "CurrencyIsoCode": currency,
                "ListPrice": float(line.list_price),
                **_terms(line),
            },
        )


def write_change(journal: Journal, lines: list[Line], at: datetime, by: str) -> None:
    """Record the lines' new quantities and prices."""
    for line in lines:
        journal.change(line.line_id, at, by, _terms(line))


def _terms(line: Line) -> Fields:
    return {
        "Quantity": float(line.quantity),
        "UnitPrice": float(line.unit_price),
        "TotalPrice": float(line.total),
    }
