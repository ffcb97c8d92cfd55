"""Every public row that cites a file and a line: the line says what the row says."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.attainment.conftest import Published

pytestmark = pytest.mark.xdist_group("attainment")

Line = Mapping[str, str]
NO_ID = "000000000000000AAA"


def same(said: str, published: Any) -> bool:
    """Whether a text of a file is the published value."""
    if published is None:
        return said in ("", NO_ID)
    if isinstance(published, Decimal | int):
        return said != "" and Decimal(said) == published
    if isinstance(published, date):
        return said[:10] == published.isoformat()
    return said == published


def percent(said: str, published: Any) -> bool:
    return same(said, None if published is None else published * 100)


def millionths(said: str, published: Any) -> bool:
    return same(said, published * 1_000_000)


def or_nobody(said: str, published: Any) -> bool:
    return same(said, None if published == "unassigned" else published)


@dataclass(frozen=True)
class Carried:
    """Columns of a table that a file's lines hold as they are: public column to column there."""

    columns: Mapping[str, str]
    alike: Mapping[str, Callable[[str, Any], bool]] = field(default_factory=dict)
    """How columns are compared that are not the very same."""
    where: str = "true"
    """Rows whose values are the line's own; of the others only the key is."""
    key: tuple[str, ...] = ()
    """Public columns that hold in any row; all of them where none is named."""


DEAL = {
    "opportunity_id": "Id", "stage": "StageName", "amount_in_currency": "Amount",
    "close_on": "CloseDate", "currency": "CurrencyIsoCode", "probability_pct": "Probability",
    "account_id": "AccountId", "owner_id": "OwnerId", "opportunity_name": "Name",
}  # fmt: skip
STATE = {
    "opportunity_id": "OpportunityId", "stage": "StageName", "amount_in_currency": "Amount",
    "close_on": "CloseDate", "currency": "CurrencyIsoCode", "probability_pct": "Probability",
}  # fmt: skip
ALIKE = {"probability_pct": percent, "account_id": or_nobody, "owner_id": or_nobody}
PUT_IN = "n_bookings = 1 and event in ('book', 'rebook')"
BOOKED = {
    "opportunity_id": "", "effective_on": "CloseDate", "currency": "CurrencyIsoCode",
    "amount_in_currency": "Amount",
}  # fmt: skip
QUOTA = {"participant_id": "participant_id", "period_start_on": "period_start_on"}
CARRIED: dict[str, dict[str, Carried]] = {
    "pipeline.fct_opportunity_version": {
        "salesforce/opportunity": Carried(DEAL, ALIKE),
        "salesforce/opportunity_history": Carried(STATE, ALIKE),
        "salesforce/opportunity_field_history": Carried({"opportunity_id": "OpportunityId"}),
    },
    "pipeline.fct_opportunity": {
        "salesforce/opportunity": Carried(
            {name: DEAL[name] for name in DEAL if name != "account_id"}, ALIKE
        ),
        "salesforce/opportunity_history": Carried(STATE, ALIKE),
    },
    "attainment.fct_booking_event": {
        "salesforce/opportunity": Carried(
            BOOKED | {"opportunity_id": "Id"}, where=PUT_IN, key=("opportunity_id",)
        ),
        "salesforce/opportunity_history": Carried(
            BOOKED | {"opportunity_id": "OpportunityId"}, where=PUT_IN, key=("opportunity_id",)
        ),
    },
    "attainment.fct_credit": {
        "salesforce/opportunity": Carried(
            {"opportunity_id": "Id", "booked_on": "CloseDate"},
            where="cause in ('book', 'rebook')",
            key=("opportunity_id",),
        ),
        "salesforce/opportunity_history": Carried(
            {"opportunity_id": "OpportunityId", "booked_on": "CloseDate"},
            where="cause in ('book', 'rebook')",
            key=("opportunity_id",),
        ),
        "salesforce/opportunity_split": Carried(
            {
                "opportunity_id": "OpportunityId",
                "participant_id": "SplitOwnerId",
                "credit_pct": "SplitPercentage",
            },
            {"credit_pct": percent, "participant_id": or_nobody},
        ),
    },
    "attainment.fct_credit_control": {
        "finance/seller_total": Carried(
            {
                "participant_id": "participant_id",
                "control_name": "total_name",
                "n_periods": "n_periods",
                "control_amount": "credited_amount",
            }
        ),
    },
    "attainment.fct_quota": {
        "finance/quota": Carried(
            QUOTA
            | {
                "quota_id": "quota_id",
                "version": "version",
                "status": "status",
                "currency": "currency",
                "quota_amount_in_currency": "quota_amount",
            }
        ),
    },
    "attainment.fct_quota_attainment": {"finance/quota": Carried(QUOTA)},
    "attainment.fct_quota_in_force": {"finance/quota": Carried(QUOTA)},
    "funnel.fct_spend": {
        # Google's lines are of a device and a network; the public row adds up a campaign's day.
        "google_ads/campaign_stats": Carried(
            {"spend_on": "date", "clicks": "clicks", "spend_amount_in_currency": "cost_micros"},
            {"spend_amount_in_currency": millionths},
            where="n_source_lines = 1",
            key=("spend_on",),
        ),
        "linkedin_ads/ad_analytics_by_campaign": Carried(
            {
                "spend_on": "day",
                "clicks": "clicks",
                "impressions": "impressions",
                "spend_amount_in_currency": "cost_in_local_currency",
            }
        ),
    },
    "revenue.fct_excluded_record": {
        "netsuite/transaction": Carried({"example_record_id": "id"}),
        "salesforce/opportunity": Carried({"example_record_id": "Id"}),
    },
    "revenue.fct_invoice": {
        "netsuite/transaction": Carried(
            {
                "invoice_id": "id",
                "invoiced_on": "trandate",
                "due_on": "duedate",
                "opportunity_id": "custbody_crm_opportunity_id",
            }
        ),
    },
    "revenue.fct_order": {
        "netsuite/transaction": Carried(
            {
                "order_id": "id",
                "ordered_on": "trandate",
                "opportunity_id": "custbody_crm_opportunity_id",
            }
        ),
    },
    "shared.dim_account": {
        "salesforce/account": Carried(
            {
                "account_id": "Id",
                "account_name": "Name",
                "n_employees": "NumberOfEmployees",
                "annual_revenue": "AnnualRevenue",
                "industry_as_delivered": "Industry",
            }
        ),
    },
}


@cache
def lines_of(file: Path) -> dict[int, Line]:
    """The records of a delivered file by the line they end on."""
    encoding = "iso-8859-1" if file.name[0].isupper() else "utf-8"
    packed = file.suffix == ".gz"
    text = (gzip.decompress(file.read_bytes()) if packed else file.read_bytes()).decode(encoding)
    reader = csv.reader(StringIO(text, newline=""))
    header = next(reader)
    lines = {}
    for row in reader:
        lines[reader.line_num] = dict(zip(header, row, strict=True))
    return lines


def disagreements(demo: Published, table: str) -> Iterator[str]:
    landing = demo.deployment.company.paths.landing
    for prefix, carried in CARRIED[table].items():
        names = list(carried.columns)
        rows = demo.rows(
            f"select source_file, source_line, {carried.where} as is_whole, {', '.join(names)} "
            f"from {table} where starts_with(source_file, '{prefix}/')"
        )
        for cited, number, is_whole, *values in rows:
            line = lines_of(landing / cited).get(number)
            if line is None:
                yield f"{cited}, line {number} is no record"
                continue
            for name, value in zip(names, values, strict=True):
                if not is_whole and name not in carried.key:
                    continue
                said = line[carried.columns[name]]
                if not carried.alike.get(name, same)(said, value):
                    yield f"{cited}, line {number} says {said!r} for {name}, public is {value}"


@pytest.mark.parametrize("table", CARRIED)
def test_every_cited_line_says_what_the_row_says(demo: Published, table: str) -> None:
    found = list(disagreements(demo, table))
    assert not found, f"{len(found)} of {table}: {found[0]}"


def test_every_table_that_cites_a_line_is_held_to_it(demo: Published) -> None:
    citing = demo.rows(
        "select schema_name || '.' || table_name from duckdb_columns() "
        "where not internal and column_name = 'source_line' order by 1"
    )
    assert [name for (name,) in citing] == sorted(CARRIED)


def test_every_cited_file_is_held_to_it(demo: Published) -> None:
    """No file of another kind is cited, and what cites none is the one row for nobody."""
    for table, kinds in CARRIED.items():
        cited = demo.rows(
            f"select distinct regexp_extract(source_file, '^[^/]+/[^/]+') from {table}"
        )
        assert {kind for (kind,) in cited} <= {*kinds, None}, table
    [(silent,)] = demo.rows("select count(*) from shared.dim_account where source_file is null")
    assert silent == 1


def test_credit_by_a_split_cites_the_split(demo: Published) -> None:
    assert demo.rows(
        "select bool_and(starts_with(source_file, 'salesforce/opportunity_split/')) "
        "from attainment.fct_credit where credit_type = 'overlay' "
        "or credit_type = 'direct' and credit_pct < 1"
    ) == [(True,)]


def test_the_comparison_sees_another_line(demo: Published) -> None:
    """Agreement above is worth something only if it can fail."""
    landing = demo.deployment.company.paths.landing
    [(cited, number, stage)] = demo.rows(
        "select source_file, source_line, stage from pipeline.fct_opportunity_version "
        "where is_from_history and stage = 'Prospecting' "
        "and source_file like '%/OpportunityHistory.csv' order by all limit 1"
    )
    others = [row for line, row in lines_of(landing / cited).items() if line != number]
    assert any(not same(row["StageName"], stage) for row in others)
