"""Salesforce over five days: merges, recycle bins and territories keep their history."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("crms")


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
