"""Salesforce over five days: merges, recycle bins and territories keep their history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.contracts.model import snake_case
from pipelines.settings import SourceChoice
from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("crms")

DAY = date(2026, 3, 2)


def test_a_chain_of_merges_leads_to_the_last_survivor_also_when_the_bin_is_emptied(
    crms: Systems,
) -> None:
    assert crms.rows(
        "select record_id, survivor_id, is_unfinished from core.core_merge "
        "where source_system = 'salesforce' order by record_id"
    ) == [("001B", "001A", False), ("001C", "001A", False)]


def test_a_restored_account_is_merged_no_longer(crms: Systems) -> None:
    assert crms.rows("select account_id from core.core_account order by account_id") == [
        ("001A",),
        ("001D",),
        ("001E",),
    ]


def test_what_belonged_to_a_merged_account_belongs_to_the_survivor(crms: Systems) -> None:
    assert crms.rows(
        "select account_id from core.core_opportunity "
        "where source_system = 'salesforce' and opportunity_id = '21'"
    ) == [("001A",)]
    assert crms.rows("select order_id, account_id from core.core_order") == [("801A", "001A")]
    assert crms.rows(
        "select parent_account_id from core.core_account where account_id = '001D'"
    ) == [("001A",)]


def test_the_past_keeps_the_account_it_knew(crms: Systems) -> None:
    assert crms.rows(
        "select distinct account_id from core.core_opportunity_version "
        "where source_system = 'salesforce' and opportunity_id = '21'"
    ) == [("001C",)]


@pytest.mark.parametrize(
    ("deal", "amount", "probability", "expected_revenue"),
    [("CUT", 800, 0.1, None), ("DOUBTED", 1000, 0.05, None), ("MOVED", 1000, 0.1, 100)],
)
def test_what_a_changed_field_was_a_factor_of_is_unknown_until_the_record_comes(
    crms: Systems, deal: str, amount: int, probability: float, expected_revenue: int | None
) -> None:
    """A log of fields has the amount, and not the product that the CRM makes of it."""
    then = crms.rows(
        "select cast(expected_revenue_in_currency as int) from pipeline.fct_opportunity_version "
        f"where opportunity_id = '{deal}' order by known_from_at"
    )
    assert then[-2:] == [(100,), (expected_revenue,)]
    assert crms.rows(
        "select cast(amount as int), cast(probability_pct as double), "
        "cast(expected_revenue_amount as int) from pipeline.fct_opportunity "
        f"where opportunity_id = '{deal}'"
    ) == [(amount, probability, expected_revenue)]


def test_lines_orders_and_activities_in_the_recycle_bin_do_not_count(crms: Systems) -> None:
    assert crms.rows("select line_id from core.core_opportunity_line order by line_id") == [
        ("00kA",),
        ("00kC",),
    ]
    assert crms.rows("select order_id from core.core_order") == [("801A",)]
    assert crms.rows(
        "select activity_id, activity_type from core.core_activity order by activity_id"
    ) == [("00TA", "email"), ("00TC", "task")]


def test_an_assignment_ends_when_it_is_switched_off_or_gone(crms: Systems) -> None:
    assert crms.rows(
        "select participant_id, valid_from, valid_to from core.core_territory_assignment "
        "order by participant_id"
    ) == [
        ("005A", date(2026, 3, 2), date(2026, 3, 4)),
        ("005B", date(2026, 3, 2), date(2026, 3, 5)),
    ]


def test_an_account_assigned_anew_is_in_its_territory_once(crms: Systems) -> None:
    assert crms.rows("select account_id, territory_name from core.core_account_territory") == [
        ("001A", "East")
    ]


def test_deals_of_two_systems_with_one_id_are_two(crms: Systems) -> None:
    assert crms.rows(
        "select source_system, count(distinct opportunity_key) over () from core.core_opportunity "
        "where opportunity_id = '21' order by source_system"
    ) == [("hubspot", 2), ("salesforce", 2)]


def test_a_late_day_ends_up_where_it_belongs(crms: Systems) -> None:
    assert crms.rows(
        "select _recorded_at, master_record_id from raw.salesforce__account where id = '001B' "
        "and _op = 'upsert' order by _recorded_at"
    ) == [(datetime(2026, 3, 2, 10), None), (datetime(2026, 3, 4, 10), "001A")]


@pytest.mark.parametrize(
    ("format_name", "header", "zone"),
    [
        # The standard columns have the record type.
        ("weekly_export", "", ""),
        ("weekly_export", "", ".000Z"),
        ("data_loader", "Region__c", ".000Z"),
        ("data_loader", "Region__c", ".000+0000"),
        ("connector", "region__c", ".000Z"),
    ],
)
def test_deals_are_read_as_each_tool_writes_them(
    tmp_path: Path, format_name: str, header: str, zone: str
) -> None:
    """With a record type or an own field, and in each way to write a moment."""
    systems = Systems.of(tmp_path, salesforce=format_name)
    stamp = f"2026-03-02T10:00:00{zone}" if zone else "2026-03-02 10:00:00"
    systems.land(DAY, _with(systems, header, stamp, snake=format_name == "connector"))
    systems.load()
    assert systems.rows("select id, _recorded_at from raw.salesforce__opportunity") == [
        ("006A", datetime(2026, 3, 2, 10))
    ]


def test_one_line_of_the_company_file_leaves_all_columns_nobody_knows(tmp_path: Path) -> None:
    systems = Systems.of(tmp_path, "salesforce")
    path = _with(systems, "Region__c", "2026-03-02 10:00:00", snake=False)
    systems.land(DAY, path)
    with pytest.raises(AssertionError, match=r"'Region__c'.*ignore_columns: any"):
        systems.load()
    chosen = {"salesforce": SourceChoice(ignore_columns="any")}
    systems = replace(systems, company=systems.company.model_copy(update={"sources": chosen}))
    systems.load()
    assert systems.rows("select id from raw.salesforce__opportunity") == [("006A",)]


def _with(systems: Systems, header: str, stamp: str, *, snake: bool) -> Path:
    """A file of one deal with one column more."""
    deal = (
        {"Id": "006A", "StageName": "Prospecting", "CloseDate": "2026-05-01"}
        | {"IsClosed": "false", "IsWon": "false"}
        | {"CreatedDate": stamp, "SystemModstamp": stamp}
    )
    if snake:
        deal = {snake_case(name): value for name, value in deal.items()}
    path = systems.write("salesforce", "opportunity", [deal])
    if not header:
        assert "RecordTypeId" in path.read_text()
        return path
    lines = path.read_text().splitlines()
    ends = [header, *("012A" for _ in lines[1:])]
    path.write_text("".join(f"{a},{b}\n" for a, b in zip(lines, ends, strict=True)))
    return path
