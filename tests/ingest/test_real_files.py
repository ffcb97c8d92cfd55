"""The real files beside the project load whole, and the mutilated ones are refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.ingest import land, load
from tests.ingest.world import World, days
from tests.realdata import SHARED, needs_real_data

pytestmark = [needs_real_data, pytest.mark.real]

DAY = date(2026, 11, 1)
COUNTS = {
    "adventureworks": {
        "sales_order_header": 31465,
        "sales_order_detail": 121317,
        "sales_order_header_sales_reason": 27647,
        "sales_person_quota_history": 163,
        "dw_sales_quota": 163,
        "dw_employee": 296,
        "store": 701,
        "customer": 19820,
    },
    "maven_crm": {"account": 85, "product": 7, "sales_team": 35, "opportunity": 8800},
    "salesforce": {
        "account": 18,
        "contact": 25,
        "lead": 22,
        "opportunity": 36,
        "opportunity_history": 48,
    },
    "ecb": {"rate": 221702},
}
DELIVERED = {
    "adventureworks": [SHARED / "adventureworks", SHARED / "adventureworks_dw"],
    "maven_crm": [
        SHARED / "maven_crm" / f"{name}.csv"
        for name in ("accounts", "products", "sales_teams", "sales_pipeline", "data_dictionary")
    ],
    "salesforce": [SHARED / "salesforce_devorg"],
    "ecb": [SHARED / "ecb_rates"],
}


def landed(folder: Path, source: str) -> World:
    choice = "{format: report_export}" if source == "salesforce" else "{}"
    world = World.of(folder, source, choice, time_zone="America/New_York")
    land(world.company, DAY, DELIVERED[source])
    return world


@pytest.mark.parametrize("source", COUNTS)
def test_every_row_is_accepted(tmp_path: Path, source: str) -> None:
    results = {result.object: result for result in landed(tmp_path, source).load()}
    assert {name: results[name].n_inserted for name in COUNTS[source]} == COUNTS[source]
    assert sum(result.n_rejected + result.n_duplicate for result in results.values()) == 0


def test_adventureworks_money_is_exact(tmp_path: Path) -> None:
    world = landed(tmp_path, "adventureworks")
    load(world.connection, world.company, "adventureworks", objects=["sales_order_header"])
    assert world.rows(
        "select sum(sub_total), sum(total_due), count(*) filter (sales_person_id is null) "
        "from raw.adventureworks__sales_order_header"
    ) == [(Decimal("109846381.4039"), Decimal("123216786.1159"), 27659)]


def test_names_with_two_letters_na_are_no_nulls(tmp_path: Path) -> None:
    world = landed(tmp_path, "adventureworks")
    world.load("dw_sales_territory")
    assert world.rows(
        "select region from raw.adventureworks__dw_sales_territory "
        "where sales_territory_alternate_key = 0"
    ) == [("NA",)]


def test_report_times_are_those_of_the_company(tmp_path: Path) -> None:
    world = landed(tmp_path, "salesforce")
    world.load("opportunity")
    assert world.rows(
        "select created_date, last_modified_date, close_date, amount, _line "
        "from raw.salesforce__opportunity where id = '006bm00000LKJNNAA5'"
    ) == [(datetime(2026, 2, 23, 5), datetime(2026, 2, 24, 1, 55), date(2024, 2, 3), 15000, 2)]


def test_no_person_of_the_leads_can_be_read(tmp_path: Path) -> None:
    world = landed(tmp_path, "salesforce")
    world.load("lead")
    [columns] = world.rows("select list(column_name) from (describe raw.salesforce__lead)")
    assert not {"last_name", "phone", "mobile_phone"} & set(columns[0])
    assert world.rows("select distinct length(email) from raw.salesforce__lead") == [(64,)]


def test_deals_with_guessed_dates_and_new_columns_are_refused(tmp_path: Path) -> None:
    world = landed(tmp_path, "maven_crm")
    variant = (SHARED / "maven_crm" / "variant_crlf_copy" / "sales_pipeline.csv").read_bytes()
    world.deliver(DAY, variant, "sales_pipeline.csv", replace=True)
    [result] = world.load("opportunity")
    assert result.status == "failed"
    assert "'engage_quarter', 'close_quarter'" in str(result.message)


def test_the_date_variant_alone_is_refused_too(tmp_path: Path) -> None:
    """Without its extra columns nothing but the declared format stands against its dates."""
    world = landed(tmp_path, "maven_crm")
    variant = (SHARED / "maven_crm" / "variant_crlf_copy" / "sales_pipeline.csv").read_text()
    cut = "\n".join(line.rsplit(",", 2)[0] for line in variant.splitlines()) + "\n"
    world.deliver(DAY, cut, "sales_pipeline.csv", replace=True)
    [result] = world.load("opportunity")
    assert "line 2 column engage_date rule bad_date value '20-10-16'" in str(result.message)


def test_rates_come_from_wide_to_long_and_na_is_no_rate(tmp_path: Path) -> None:
    world = landed(tmp_path, "ecb")
    world.load()
    assert world.rows(
        "select currency, rate, _line from raw.ecb__rate where rate_on = '2026-10-30' "
        "and currency in ('USD', 'BGN', 'CHF') order by 1"
    ) == [("CHF", Decimal("0.9194"), 2), ("USD", Decimal("1.1172"), 2)]


def test_another_extract_of_the_same_adds_nothing(tmp_path: Path) -> None:
    world = landed(tmp_path, "salesforce")
    land(world.company, days(9)[0], DELIVERED["salesforce"])
    results = world.load()
    assert sum(result.n_inserted for result in results) == 149
    assert sum(result.n_changed + result.n_deleted for result in results) == 0
