"""What finance bills to an account that the CRM merged away is the survivor's."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("merged accounts")

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 9)


def account(record: str, day: date, **rest: str) -> Row:
    return {
        "Id": record, "Name": record, "IsDeleted": "0", "SystemModstamp": f"{day} 10:00:00",
    } | rest  # fmt: skip


def order(record: str, account_id: str) -> Row:
    return {
        "order_id": record, "account_id": account_id, "ordered_on": "2026-02-26",
        "currency": "USD", "subtotal_amount": "300", "tax_amount": "0", "freight_amount": "0",
        "total_amount": "300", "status": "open",
    }  # fmt: skip


def invoice(record: str, account_id: str) -> Row:
    return {
        "invoice_id": record, "account_id": account_id, "invoiced_on": "2026-02-26",
        "due_on": "2026-03-26", "amount": "300", "currency": "USD", "status": "open",
    }  # fmt: skip


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """B was merged into A, C is of a system nobody knows, D is still there."""
    systems = Systems.of(tmp_path_factory.mktemp("merged"), "salesforce", "finance")
    systems.deliver(
        FIRST,
        "salesforce",
        account=[account(f"001{each}", FIRST) for each in "ABD"],
        opportunity=[],
    )
    systems.deliver(
        SECOND,
        "salesforce",
        account=[
            account("001A", FIRST),
            account("001B", SECOND, IsDeleted="1", MasterRecordId="001A"),
            account("001D", FIRST),
        ],
        opportunity=[],
    )
    systems.deliver(
        SECOND,
        "finance",
        quota=[],
        order=[order(f"O{each}", f"001{each}") for each in "ABCD"],
        invoice=[invoice(f"I{each}", f"001{each}") for each in "ABCD"],
    )
    systems.build("fct_order", "fct_invoice", "dim_account")
    return systems


@pytest.mark.parametrize(
    ("table", "key"), [("fct_order", "order_id"), ("fct_invoice", "invoice_id")]
)
def test_documents_follow_the_merge(merged: Systems, table: str, key: str) -> None:
    found = merged.rows(
        f"select {key}, account_id, account_id in (select account_id from shared.dim_account) "
        f"from revenue.{table} order by 1"
    )
    assert [(name[1:], account, is_known) for name, account, is_known in found] == [
        ("A", "001A", True),
        ("B", "001A", True),
        ("C", "001C", False),
        ("D", "001D", True),
    ]
