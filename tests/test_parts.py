"""A company may have any part: what is fed is built and checked, what is absent is not missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.check import check_company
from pipelines.settings import load_company
from tests.deployment import Deployment
from tests.sources.world import DEMO, Row, Systems

DAY = date(2026, 5, 31)
MOMENT = "2026-05-04 15:00:00"
SYNCED = {"_fivetran_synced": "2026-05-30 02:00:00"}


@dataclass(frozen=True)
class Kind:
    """One kind of thing a company may have, and the smallest delivery of it."""

    source: str
    tables: Mapping[str, Sequence[Row]]
    public: str
    """Table that has rows then."""
    choice: Mapping[str, Any] = field(default_factory=dict)


def crm(**tables: Sequence[Row]) -> dict[str, Any]:
    return {"source": "salesforce", "tables": tables, "choice": {"format": "weekly_export"}}


STAMPS = {"CreatedDate": MOMENT, "SystemModstamp": MOMENT, "IsDeleted": "0"}
KINDS = {
    "deals": Kind(
        **crm(
            opportunity=[
                STAMPS
                | {"Id": "006A", "Name": "A", "StageName": "Closed Won", "CloseDate": "2026-05-04"}
                | {"Amount": "500", "Probability": "100", "IsClosed": "1", "IsWon": "1"}
            ]
        ),
        public="pipeline.fct_opportunity",
    ),
    "leads": Kind(
        **crm(lead=[STAMPS | {"Id": "00QA", "LeadSource": "Web", "IsConverted": "0"}]),
        public="funnel.fct_lead_conversion",
    ),
    "accounts": Kind(
        **crm(account=[STAMPS | {"Id": "001A", "Name": "A Ltd"}]), public="shared.dim_account"
    ),
    "people": Kind(
        **crm(
            user=[
                {"Id": "005A", "LastName": "Berg", "IsActive": "1", "CreatedDate": MOMENT}
                | {"SystemModstamp": MOMENT}
            ]
        ),
        public="shared.dim_participant",
    ),
    "spend": Kind(
        "marketing",
        {
            "ad_spend": [
                {"campaign_id": "C", "channel": "search", "spend_on": "2026-05-04"}
                | {"currency": "USD", "spend_amount": "5", "impressions": "9", "clicks": "1"}
            ]
        },
        public="funnel.fct_spend",
    ),
    "invoices": Kind(
        "finance",
        {
            "invoice": [
                {"invoice_id": "I1", "account_id": "A1", "invoiced_on": "2026-05-04"}
                | {"due_on": "2026-06-03", "amount": "90", "currency": "USD", "status": "open"}
            ]
        },
        public="revenue.fct_invoice",
    ),
    "orders": Kind(
        "finance",
        {
            "order": [
                {"order_id": f"O{n}", "ordered_on": "2026-05-04", "currency": "USD"}
                | {"subtotal_amount": "90", "tax_amount": "0", "freight_amount": "0"}
                | {"total_amount": "90"}
                for n in range(7)
            ]
        },
        public="revenue.fct_order",
    ),
    "quotas": Kind(
        "finance",
        {
            "quota": [
                {"quota_id": "Q1", "participant_id": "005A", "measure": "bookings"}
                | {"period_start_on": "2026-05-01", "period_end_on": "2026-08-01"}
                | {"quota_amount": "900", "currency": "USD", "version": "1", "basis": "as_given"}
                | {"status": "approved", "approved_at": "2026-04-20T16:00:00Z"}
            ]
        },
        public="attainment.fct_quota",
    ),
    "subscriptions": Kind(
        "stripe",
        {
            "invoice": [
                SYNCED
                | {"id": "in_1", "livemode": "TRUE", "status": "paid", "currency": "usd"}
                | {"total": "9000", "subtotal": "9000", "created": MOMENT, "is_deleted": "FALSE"}
            ]
        },
        public="revenue.fct_invoice",
    ),
}
ASKED_FOR = {"salesforce": "opportunity", "finance": "quota"}
"""The object a contract asks for, and not every company has."""


def company_of(folder: Path, *names: str) -> Deployment:
    """A company that has these kinds of things and nothing else, delivered on one day."""
    deployment = Deployment.of(DEMO, folder)
    document = yaml.safe_load(deployment.file.read_text(encoding="utf-8"))
    tables: dict[str, dict[str, Sequence[Row]]] = {}
    document["sources"] = {}
    for kind in map(KINDS.__getitem__, names):
        document["sources"][kind.source] = dict(kind.choice)
        tables.setdefault(kind.source, {}).update(kind.tables)
    for source, needed in ASKED_FOR.items():
        if source in tables and needed not in tables[source]:
            document["sources"][source]["without"] = [needed]
    deployment.file.write_text(yaml.safe_dump(document), encoding="utf-8")
    company = load_company(deployment.file)
    company.paths.warehouse.mkdir()
    systems = Systems(folder, company)
    for source, each in tables.items():
        systems.deliver(DAY, source, **each)
    return deployment


def published(folder: Path, *names: str) -> Deployment:
    deployment = company_of(folder, *names)
    ran = deployment.run()
    assert ran.exit_code == 0, ran.output
    for name in names:
        assert deployment.value(f"select count(*) from {KINDS[name].public}") > 0
    said = check_company(deployment.company).wiring
    assert said is not None
    empty = [mart.table for mart in said.marts if mart.is_empty]
    assert [table for table in empty if deployment.value(f"select count(*) from {table}")] == []
    return deployment


def test_a_company_of_invoices_publishes(tmp_path: Path) -> None:
    deployment = published(tmp_path, "invoices")
    report = (deployment.company.paths.published / "current" / "report.html").read_text("utf-8")
    assert "No source delivers" in report
    assert "opportunity" in report.split("No source delivers")[1].split("</p>")[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["leads", "quotas"])
def test_a_company_of_one_kind_publishes(tmp_path: Path, name: str) -> None:
    published(tmp_path, name)


@pytest.mark.endurance
@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"invoices", "leads", "quotas"}))
def test_a_company_of_another_kind_publishes(tmp_path: Path, name: str) -> None:
    published(tmp_path, name)


@pytest.mark.endurance
@pytest.mark.parametrize("names", list(combinations(KINDS, 2)), ids=" and ".join)
def test_a_company_of_two_kinds_publishes(tmp_path: Path, names: tuple[str, str]) -> None:
    published(tmp_path, *names)


def test_an_object_that_is_said_to_be_absent_has_a_name(tmp_path: Path) -> None:
    deployment = company_of(tmp_path, "invoices")
    text = deployment.file.read_text(encoding="utf-8")
    deployment.file.write_text(text.replace("- quota", "- quotum"), encoding="utf-8")
    said = " ".join(deployment.run().output.split())
    assert "sources.finance.without names 'quotum'" in said
    assert "known: quota" in said


def test_an_object_that_is_said_to_be_absent_and_lands_is_refused(tmp_path: Path) -> None:
    deployment = company_of(tmp_path, "invoices")
    quotas = KINDS["quotas"].tables
    Systems(tmp_path, deployment.company).deliver(DAY, "finance", **quotas)
    ran = deployment.run()
    assert ran.exit_code == 1
    assert "says that there is no quota" in " ".join(ran.output.split())
