"""A comment that lists the values of a column lists those it has, and no others."""

from __future__ import annotations

import re

import pytest

from pipelines.quality.suites import load_suites
from pipelines.settings import PROJECT_ROOT
from tests.attainment.conftest import Published

pytestmark = pytest.mark.xdist_group("attainment")

LATER = {
    "attainment.fct_attainment_distribution.node_type": {"manager", "participant", "seller"},
    "attainment.fct_attainment_tier.attainment_state": {"ahead", "no_quota"},
    "attainment.fct_booking_event.deal_type": {"contraction", "other", "renewal", "services"},
    "attainment.fct_booking_event.reason": {"account", "currency", "deleted", "rate", "type"},
    "attainment.fct_credit.deal_type": {"contraction", "other", "renewal", "services"},
    "attainment.fct_linearity.node_type": {"manager", "participant", "seller"},
    "attainment.fct_quota.node": {"team/<name>"},
    "attainment.fct_quota_in_force.node": {"team/<name>"},
    "meta.release.decision": {"publish", "publish_with_warnings"},
    "revenue.fct_invoice.document_type": {"credit_memo"},
}
"""Values that other companies have, where no suite says which ones there may be."""
STATUSES = {
    *("paid", "closed", "uncollectible", "draft", "pending_approval", "pending", "rejected"),
    *("failed", "cancelled", "void"),
}
LATER |= {f"revenue.{name}.status": STATUSES for name in ("fct_order", "fct_invoice")}
BREAKS = {
    "order_code": {
        *("no_orders_delivered", "deal_ambiguous", "order_missing", "order_without_booking"),
        *("amount_unknown", "currency_differs", "amount_differs"),
    },
    "invoice_code": {
        *("not_booked", "no_invoices_delivered", "deal_ambiguous", "invoice_missing"),
        *("amount_unknown", "currency_differs", "over_invoiced", "under_invoiced"),
        "invoice_without_booking",
    },
}
LATER |= {f"revenue.fct_booking_reconciliation.{name}": codes for name, codes in BREAKS.items()}
VALUE = re.compile(r"[A-Za-z_]+(?:[ /<>_A-Za-z]+)?")
CUT = re.compile(r" (?:where|by|for|in|of|on) .*")


def listed(comment: str) -> set[str]:
    """The values a comment lists; none where it is a sentence."""
    text = re.sub(r"\s*\([^)]*\)", "", comment.replace("`", "")).rstrip(".")
    found: set[str] = set()
    for clause in re.split(r"[;:]", re.sub(r",? or an? \w+:", ",", text)):
        until = clause.split(" where ")[0] if found else clause
        items = [CUT.sub("", item).strip() for item in re.split(r", or |,| or ", until)]
        items = [item for item in items if item and item != "NULL"]
        if not found and len(items) < 2:
            return set()
        if all(VALUE.fullmatch(item) and len(item.split()) <= 2 for item in items):
            found |= set(items)
        elif not found:
            return set()
    return found


def accepted() -> dict[str, set[str]]:
    """The values suites allow, by column."""
    return {
        f"{suite.table}.{each.column}": {str(value) for value in each.arguments["value_set"]}
        for suite in load_suites(PROJECT_ROOT / "expectations")
        for each in suite.expectations
        if each.expect == "column_values_to_be_in_set"
    }


_OK = ("ok", "no_amount")


def told_wrong(demo: Published) -> list[str]:
    allowed = accepted()
    wrong = []
    for schema, table, column, comment in demo.rows(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where data_type = 'VARCHAR' and comment is not null and not internal order by all"
    ):
        name = f"{schema}.{table}.{column}"
        values = listed(comment)
        present = {
            value
            for (value,) in demo.rows(f'select distinct "{column}" from "{schema}"."{table}"')
            if value is not None
        }
        if not values or not present:
            continue
        patterns = {value: re.sub(r"<\w+>", ".+", value) for value in values}
        unlisted = {v for v in present if not any(re.fullmatch(p, v) for p in patterns.values())}
        unlisted |= allowed.get(name, set()) - values
        known = allowed.get(name, set()) | LATER.get(name, set())
        absent = {
            value
            for value, pattern in patterns.items()
            if value not in known and not any(re.fullmatch(pattern, v) for v in present)
        }
        if unlisted or absent:
            wrong.append(f"{name}: not listed {sorted(unlisted)}, not there {sorted(absent)}")
    return wrong


def test_every_list_of_values_is_the_columns_own(demo: Published) -> None:
    assert told_wrong(demo) == []


@pytest.mark.parametrize(
    ("comment", "values"),
    [
        ("open, won or lost, by the stage map.", {"open", "won", "lost"}),
        ("`open`, `won` or `lost`.", {"open", "won", "lost"}),
        ("direct (by the splits), or house (nobody's).", {"direct", "house"}),
        ("ok, no_amount, or a break: missing, order_gone.", {*_OK, "missing", "order_gone"}),
        ("ok or no_amount by now; no_quota where it is zero or missing.", {*_OK, "no_quota"}),
        ("company, region/<name> or team/<name>.", {"company", "region/<name>", "team/<name>"}),
        ("Product, after the company spellings (aliases.csv) were applied.", set()),
        ("Name of the owner; the id where the seller is not delivered.", set()),
        ("Country.", set()),
    ],
)
def test_lists_are_told_from_sentences(comment: str, values: set[str]) -> None:
    assert listed(comment) == values
