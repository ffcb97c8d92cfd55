"""The price list of the demo company: twelve products, one price each in three currencies.

Writes the journals of `Product2` and `PricebookEntry`; who buys what is decided by the deals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.demo.ids import PREFIXES, salesforce_id
from pipelines.demo.journal import Journal

PRICEBOOK_ID = salesforce_id(PREFIXES["Pricebook2"] + "bm0", 1)
PRODUCTS = (
    ("VS-100", "Insight Starter, seat", "Platform", 240),
    ("VS-110", "Insight Team, seat", "Platform", 420),
    ("VS-120", "Insight Enterprise, seat", "Platform", 690),
    ("VS-200", "Forecast Module", "Modules", 4800),
    ("VS-210", "Planning Module", "Modules", 6200),
    ("VS-220", "Pricing Module", "Modules", 5400),
    ("VS-230", "Data Connector", "Modules", 1500),
    ("VS-300", "Sandbox", "Modules", 2200),
    ("VS-400", "Premium Support", "Support", 3600),
    ("VS-410", "Success Manager, month", "Support", 1900),
    ("VS-500", "Implementation, day", "Services", 1450),
    ("VS-510", "Training, day", "Services", 1200),
)
PRICE_FACTORS = {"USD": 1.0, "EUR": 0.93, "GBP": 0.8}


@dataclass(frozen=True)
class Product:
    """A product with its price book entries."""

    product_id: str
    code: str
    name: str
    prices: dict[str, int]
    """List price in whole units by currency."""
    entries: dict[str, str]
    """Price book entry id by currency."""


@dataclass(frozen=True)
class Catalogue:
    """All products, and the journals that say so."""

    products: tuple[Product, ...]
    product_journal: Journal
    entry_journal: Journal


def build_catalogue(founded: datetime, by: str) -> Catalogue:
    """Enter every product and its prices when the CRM goes live."""
    products, entries = Journal("Product2"), Journal("PricebookEntry")
    built: list[Product] = []
    for number, (code, name, family, price) in enumerate(PRODUCTS):
        moment = founded + timedelta(minutes=number)
        product_id = products.create(
            moment,
            by,
            {
                "Name": name,
                "ProductCode": code,
                "Description": f"{family}: {name}",
                "IsActive": True,
                "Family": family,
                "CurrencyIsoCode": "USD",
                "StockKeepingUnit": code,
            },
        )
        prices = {code_: round(price * factor) for code_, factor in PRICE_FACTORS.items()}
        entry_ids = {
            currency: entries.create(
                moment,
                by,
                {
                    "Name": name,
                    "Pricebook2Id": PRICEBOOK_ID,
                    "Product2Id": product_id,
                    "CurrencyIsoCode": currency,
                    "UnitPrice": float(amount),
                    "IsActive": True,
                    "ProductCode": code,
                },
            )
            for currency, amount in prices.items()
        }
        built.append(Product(product_id, code, name, prices, entry_ids))
    return Catalogue(tuple(built), products, entries)
