"""Fiscal years as companies cut them, and a CRM that cuts them in another way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.assets.reconcile import FOLDER
from pipelines.clock import today
from pipelines.ingest.reference import write_reference
from pipelines.quality.reconciliation import load_reconciliations, reconcile
from pipelines.quality.results import CheckResult
from pipelines.settings import Company, ConfigurationError, load_company
from pipelines.transform.dbt_project import entity_sources
from tests.deployment import Deployment
from tests.sources.world import DEMO, Systems

DAY = date(2026, 5, 31)
RETAIL = {"pattern": "4-5-4", "named_by": "first_day"}


def company_of(folder: Path, **changes: Any) -> Company:
    deployment = Deployment.of(DEMO, folder, sources={"salesforce": {"format": "weekly_export"}})
    document = yaml.safe_load(deployment.file.read_text(encoding="utf-8")) | changes
    document = {key: value for key, value in document.items() if value is not None}
    deployment.file.write_text(yaml.safe_dump(document), encoding="utf-8")
    company = load_company(deployment.file)
    company.paths.warehouse.mkdir()
    return company


def deal(close_on: str, year: str, quarter: str) -> dict[str, str]:
    return {
        "Id": f"006{close_on}",
        "Name": close_on,
        "StageName": "Prospecting",
        "CloseDate": close_on,
        "FiscalYear": year,
        "FiscalQuarter": quarter,
        "IsClosed": "0",
        "IsWon": "0",
        "IsDeleted": "0",
        "CreatedDate": "2026-01-10 15:00:00",
        "SystemModstamp": "2026-05-01 15:00:00",
    }


def agreement(company: Company, *deals: dict[str, str]) -> CheckResult:
    """What the check says of deals with these quarters in the CRM."""
    systems = Systems(company.file.parent, company)
    systems.deliver(DAY, "salesforce", opportunity=deals)
    systems.build("stg_salesforce__crm_statement", "core_calendar_day")
    sources = entity_sources(company)
    [asked] = [
        each
        for each in load_reconciliations(FOLDER, sources)
        if each.name == "fiscal_quarters_are_those_of_the_crm"
    ]
    with duckdb.connect(str(company.warehouse_file)) as connection:
        # Only the one entity is built here, and the views stand on all of them.
        [result] = reconcile(
            connection,
            [asked],
            {"crm_statement": sources["crm_statement"]},
            enabled=company.sources,
            today=today(company),
        )
    assert result.message is None
    return result


def test_a_crm_that_cuts_years_as_the_company_does_agrees(tmp_path: Path) -> None:
    company = company_of(tmp_path, fiscal_year=RETAIL)
    # The retail year 2026 begins on Sunday, 1 February; its second quarter on 3 May.
    deals = [deal("2026-01-31", "2025", "4"), deal("2026-02-01", "2026", "1")]
    deals += [deal("2026-05-02", "2026", "1"), deal("2026-05-03", "2026", "2")]
    assert agreement(company, *deals, deal("2026-05-04", "", "")).status == "pass"


@pytest.mark.parametrize(
    "fiscal_year",
    [{"named_by": "last_day"}, {"named_by": "first_day"}, RETAIL],
    ids=["named by its last day", "named by its first day", "weeks"],
)
def test_one_that_differs_stops_the_release_and_names_a_deal(
    tmp_path: Path, fiscal_year: Mapping[str, str]
) -> None:
    company = company_of(tmp_path, fiscal_year=fiscal_year)
    found = agreement(company, deal("2026-04-30", "2027", "2"))
    assert (found.status, found.severity, found.n_failed) == ("fail", "block", 1)
    assert found.example is not None
    assert "opportunity_id=0062026-04-30" in found.example
    assert "quarter_of_the_crm=FY2027-Q2" in found.example
    assert "fiscal_year" in found.next_step


HEADER = "fiscal_year,quarter,number,starts_on,next_starts_on"


def table(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def years() -> list[str]:
    """From 2000 on, each year from the first Monday of April in twelve months of 30 days."""
    rows = []
    for year in range(2000, 2042):
        starts = [date(year, 4, 1) + timedelta(days=30 * n) for n in range(12)]
        ends = [*starts[1:], date(year + 1, 4, 1)]
        rows += [
            f"{year},{(n + 3) // 3},{n + 1},{one},{other}"
            for n, (one, other) in enumerate(zip(starts, ends, strict=True))
        ]
    return rows


def in_table(folder: Path, text: str | None, **changes: Any) -> Company:
    changes = {"fiscal_year": {"pattern": "table"}, "fiscal_year_starts_in": None} | changes
    (folder / "own").mkdir()
    if text is not None:
        (folder / "own" / "fiscal_periods.csv").write_text(text, encoding="utf-8")
    return company_of(folder, reference=str(folder / "own"), **changes)


def test_periods_of_a_table_are_the_calendar(tmp_path: Path) -> None:
    company = in_table(
        tmp_path,
        table(*years()),
        policies={"calendar_from": "2001-01-01", "calendar_to": "2041-12-31"},
    )
    with duckdb.connect() as connection:
        write_reference(connection, company)
        rows = connection.execute(
            "select fiscal_month_key, fiscal_quarter_key, fiscal_year_key "
            "from config.calendar_day where day_on = '2026-05-01'"
        ).fetchall()
    assert rows == [("FY2026-M02", "FY2026-Q1", "FY2026")]


@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        (None, {}, "write fiscal_periods.csv with the header"),
        (table("2026,1,1,2026-04-01,2026-05-01"), {}, "goes from 2000-01-01 to 2040-12-31"),
        (table("2026,1,1,1.4.2026,2026-05-01"), {}, "from 1.4.2026 is not understood"),
        (table("2026,1,1,2026-04-01,2026-05-01"), {"fiscal_year": None}, "is read by nothing"),
    ],
    ids=["no table", "too short", "no day", "not asked for"],
)
def test_a_table_that_cannot_be_is_refused(
    tmp_path: Path, text: str | None, changes: Mapping[str, Any], said: str
) -> None:
    company = in_table(tmp_path, text, **changes)
    with duckdb.connect() as connection, pytest.raises(ConfigurationError, match=said):
        write_reference(connection, company)


@pytest.mark.parametrize(
    ("hired_on", "ends_on", "expected"),
    [
        # In seat from the first of three fiscal months: nothing, half and all of it (M7).
        ("2026-02-01", "2026-05-03", Decimal(4550)),
        # The first whole fiscal month is the second one: nothing, nothing and half.
        ("2026-02-02", "2026-05-03", Decimal("1516.67")),
    ],
)
def test_a_ramp_goes_by_fiscal_months(
    tmp_path: Path, hired_on: str, ends_on: str, expected: Decimal
) -> None:
    """Two days of May are no month of a quarter of 4-4-5 weeks."""
    chosen = {"finance": {}, "salesforce": {"format": "weekly_export"}}
    company = company_of(tmp_path, fiscal_year={"pattern": "4-4-5"}, sources=chosen)
    systems = Systems(tmp_path, company)
    systems.deliver(DAY, "salesforce", user=[{"Id": "A", "LastName": "A"}], opportunity=[])
    systems.deliver(
        DAY,
        "finance",
        ramp_schedule=[
            {"schedule_id": "R", "tenure_month": month, "ramp_pct": ramp}
            for month, ramp in ((1, "0"), (2, "0.5"), (3, "1"))
        ],
        seat=[
            {
                "participant_id": "A", "seat_state": "active", "valid_from": hired_on,
                "ramp_schedule_id": "R",
            }
        ],
        quota=[
            {
                "quota_id": "Q", "participant_id": "A", "measure": "bookings", "version": "1",
                "period_start_on": "2026-02-01", "period_end_on": ends_on,
                "quota_amount": "9100", "currency": "USD", "basis": "full",
                "status": "approved", "approved_at": "2026-01-20T10:00:00Z",
            }
        ],
    )  # fmt: skip
    systems.build("core_quota_version")
    assert systems.rows(
        "select quota_amount from core.core_quota_version where quota_id = 'Q'"
    ) == [(expected,)]
