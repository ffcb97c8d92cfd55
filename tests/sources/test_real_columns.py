"""Files with the columns that real connectors deliver are read by the contracts, row by row.

Their ids do not join and their values are scrambled, so reading them is all that they are good for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.contracts import load_contract
from pipelines.ingest.cast import Dialect
from pipelines.ingest.errors import FileRefused
from pipelines.ingest.read import ReadBlock, Reading
from tests.realdata import SHARED, needs_real_data

pytestmark = [needs_real_data, pytest.mark.real]

FILES = {
    "salesforce": "salesforce/sf_{}_data.csv",
    "hubspot": "hubspot/{}_data.csv",
    "netsuite": "netsuite/netsuite2_{}_data.csv",
    "stripe": "stripe/{}_data.csv",
    "google_ads": "google_ads/{}_data.csv",
    "linkedin_ads": "linkedin/linkedin_{}_data.csv",
    "marketo": "marketo/marketo_{}_data.csv",
}
OTHER_NAMES = {
    ("salesforce", "product"): "product_2",
    ("netsuite", "transaction_accounting_line"): "tran_acct_line",
}
ROWS = {
    "salesforce": {
        "account": 10,
        "contact": 4,
        "lead": 1,
        "user": 10,
        "user_role": 10,
        "product": 2,
        "opportunity_line_item": 10,
        "task": 10,
        "event": 10,
        "order": 10,
    },
    "hubspot": {
        "company": 24,
        "contact": 22,
        "deal": 44,
        "deal_property_history": 100,
        "deal_pipeline": 6,
        "deal_pipeline_stage": 71,
        "deal_stage": 14,
        "deal_company": 2,
        "deal_contact": 11,
        "owner": 100,
        "owner_team": 3,
        "team": 3,
        "team_user": 2,
        "engagement": 1,
        "engagement_call": 1,
        "engagement_meeting": 100,
        "engagement_email": 1,
        "engagement_note": 1,
        "engagement_task": 2,
        "engagement_deal": 1,
        "engagement_contact": 1,
        "engagement_company": 1,
        "merged_deal": 14,
        "contact_merge_audit": 4,
    },
    "netsuite": {
        "transaction": 4,
        "transaction_line": 5,
        "transaction_accounting_line": 5,
        "customer": 6,
        "account": 7,
        "account_type": 6,
        "accounting_period": 6,
        "currency": 4,
        "consolidated_exchange_rate": 5,
        "subsidiary": 3,
        "item": 4,
    },
    "stripe": {
        "customer": 12,
        "invoice": 2,
        "invoice_line_item": 3,
        "charge": 16,
        "refund": 4,
        "subscription": 2,
        "subscription_item": 14,
        "plan": 13,
        "price": 4,
        "product": 10,
        "credit_note": 2,
        "credit_note_line_item": 2,
    },
    "google_ads": {
        "account_history": 1,
        "campaign_history": 10,
        "campaign_stats": 16,
        "ad_group_history": 3,
    },
    "linkedin_ads": {
        "account_history": 14,
        "campaign_group_history": 4,
        "campaign_history": 100,
        "ad_analytics_by_campaign": 20,
    },
    "marketo": {
        "lead": 100,
        "program": 100,
        "campaign": 100,
        "activity_send_email": 100,
        "activity_email_delivered": 100,
        "activity_open_email": 100,
        "activity_click_email": 100,
        "activity_unsubscribe_email": 100,
        "activity_merge_leads": 100,
        "activity_delete_lead": 31,
        "activity_change_data_value": 100,
    },
}


def real_file(source: str, name: str) -> Path:
    written = OTHER_NAMES.get((source, name), name)
    return SHARED / "source_columns" / FILES[source].format(written)


def read(source: str, name: str) -> Iterator[ReadBlock]:
    contract = load_contract(source)
    format_ = contract.format_of(name, "connector")
    described = contract.objects[name].written_in(format_)
    dialect = Dialect(format_, "UTC")
    reading = Reading(source, name, described, "connector", dialect, datetime(2100, 1, 1))
    return reading.read(real_file(source, name))


@pytest.mark.parametrize("source", ROWS)
def test_every_row_a_connector_delivers_is_read(source: str) -> None:
    accepted = {name: sum(len(b.accepted) for b in read(source, name)) for name in ROWS[source]}
    assert accepted == ROWS[source]


@pytest.mark.parametrize("source", ROWS)
def test_no_file_of_an_object_is_left_out(source: str) -> None:
    there = {name for name in load_contract(source).objects if real_file(source, name).is_file()}
    refused = {
        "salesforce": {"opportunity", "opportunity_history"},
        "marketo": {"activity_email_bounced"},
    }
    assert there - set(ROWS[source]) == refused.get(source, set())


def test_a_probability_of_a_thousand_percent_is_rejected() -> None:
    [block] = read("salesforce", "opportunity")
    assert (block.n_read, block.n_rejected) == (10, 1)
    assert block.rejects.select("column", "rule", "value").rows() == [
        ("probability", "out_of_range", "1000")
    ]


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        # Versions of deals under the name of another object: its rows name no event of a deal.
        ("salesforce", "opportunity_history", "lacks column 'opportunity_id'"),
        ("marketo", "activity_email_bounced", "quotes do not pair up, at line 91"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    source: str, name: str, says: str
) -> None:
    with pytest.raises(FileRefused, match=says):
        list(read(source, name))
