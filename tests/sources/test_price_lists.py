"""List prices of a CRM with several price books."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.documents import AT, FIRST
from tests.sources.world import Row, Systems

STANDARD, PARTNER = "01sS", "01sP"
STAMP = {"system_modstamp": AT}
WON = {
    "stage_name": "Closed Won",
    "probability": "100",
    "close_date": "2026-03-02",
    "created_date": AT,
    "currency_iso_code": "USD",
}


def entry(number: str, book: str, product: str, price: str, **more: str) -> Row:
    return (
        STAMP
        | {"id": number, "pricebook_2_id": book, "product_2_id": product, "unit_price": price}
        | {"currency_iso_code": "USD", "is_active": "true"}
        | more
    )


ENTRIES = [entry("1", STANDARD, "A", "100"), entry("2", PARTNER, "A", "70")]
BOOKS = [
    STAMP | {"id": STANDARD, "name": "Standard", "is_standard": "true", "is_active": "true"},
    STAMP | {"id": PARTNER, "name": "Partners", "is_standard": "false", "is_active": "true"},
]
PRICES = "select price_list_id, is_standard, list_price from shared.dim_product_price order by all"


@pytest.fixture
def crm(tmp_path: Path) -> Systems:
    return Systems.of(tmp_path, salesforce="connector")


@pytest.mark.parametrize("entries", [ENTRIES, ENTRIES[::-1]], ids=["in order", "the other way"])
def test_each_price_list_has_its_price_and_one_is_the_standard(
    crm: Systems, entries: list[Row]
) -> None:
    line = {"opportunity_id": "D", "product_2_id": "A", "quantity": "2", "total_price": "150"}
    crm.deliver(
        FIRST,
        "salesforce",
        pricebook=BOOKS,
        pricebook_entry=entries,
        opportunity=[WON | STAMP | {"id": "D", "amount": "300"}],
        opportunity_line_item=[
            line | STAMP | {"id": "L1", "created_date": AT},
            line | STAMP | {"id": "L2", "created_date": AT, "pricebook_entry_id": "2"},
            line | STAMP | {"id": "L3", "created_date": AT, "list_price": "80"},
        ],
    )
    crm.build("dim_product_price", "core_opportunity_line", "staging_gives_each_version_once")
    assert crm.rows(PRICES) == [
        (PARTNER, False, Decimal(70)),
        (STANDARD, True, Decimal(100)),
    ]
    # A line is priced by the book it was entered from; one that does not say by the standard one.
    assert crm.rows("select line_id, list_price from core.core_opportunity_line order by all") == [
        ("L1", Decimal(100)),
        ("L2", Decimal(70)),
        ("L3", Decimal(80)),
    ]


@pytest.mark.parametrize(
    ("entries", "standard"),
    [
        (
            [ENTRIES[0] | {"is_active": "false"}, entry("3", STANDARD, "B", "1"), ENTRIES[1]],
            {STANDARD},
        ),
        ([ENTRIES[0], ENTRIES[1] | {"use_standard_price": "true"}], {STANDARD}),
        (ENTRIES, set()),
    ],
    ids=["has everything", "the other uses it", "not known"],
)
def test_the_standard_list_is_the_one_that_all_products_are_in(
    crm: Systems, entries: list[Row], standard: set[str]
) -> None:
    crm.deliver(FIRST, "salesforce", opportunity=[], pricebook_entry=entries)
    crm.build("dim_product_price")
    assert {name for name, is_standard, _ in crm.rows(PRICES) if is_standard} == standard
    unknown = crm.rows("select count(*) from core.core_product_price where is_standard is null")
    assert unknown == [(0 if standard else 2,)]
