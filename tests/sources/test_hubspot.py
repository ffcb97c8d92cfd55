"""HubSpot over five days: the history of properties, merges, stages and teams."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("crms")


def test_an_amount_that_was_cleared_is_empty_and_a_late_value_changes_nothing(
    crms: Systems,
) -> None:
    assert crms.rows(
        "select known_from, stage, amount_in_currency from core.core_opportunity_version "
        "where source_system = 'hubspot' and opportunity_id = '21' and is_from_history "
        "order by known_from"
    ) == [
        (datetime(2026, 3, 2, 8), "talk", Decimal("100.0000")),
        (datetime(2026, 3, 3, 9), "talk", None),
        (datetime(2026, 3, 4, 9), "contract", None),
    ]


def test_history_changes_what_it_speaks_of_and_nothing_else(crms: Systems) -> None:
    assert crms.rows(
        "select known_from, stage, amount_in_currency, is_from_history "
        "from core.core_opportunity_version "
        "where source_system = 'hubspot' and opportunity_id = '25' order by known_from"
    ) == [
        (datetime(2026, 3, 2, 7), "talk", Decimal("100.0000"), False),
        (datetime(2026, 3, 2, 8), "talk", Decimal("50.0000"), True),
        (datetime(2026, 3, 4, 10), "lost", Decimal("100.0000"), False),
    ]


def test_a_merge_delivered_again_was_known_all_the_time(crms: Systems) -> None:
    assert crms.rows(
        "select known_from, is_deleted from core.core_opportunity_version "
        "where source_system = 'hubspot' and opportunity_id = '22' order by known_from"
    ) == [(datetime(2026, 3, 2, 7), False), (datetime(2026, 3, 3, 10), True)]


def test_deals_have_passed_through_a_stage_that_was_taken_out(crms: Systems) -> None:
    assert crms.rows(
        "select stage, status from core.core_opportunity_version "
        "where source_system = 'hubspot' and opportunity_id = '24' order by known_from"
    ) == [("talk", "open"), ("trial", "open"), ("contract", "open")]


def test_a_deal_enters_a_stage_when_hubspot_says_and_else_when_it_was_seen(crms: Systems) -> None:
    assert crms.rows(
        "select opportunity_id, stage, entered_on from core.core_stage_entry "
        "where source_system = 'hubspot' and opportunity_id in ('24', '25') order by all"
    ) == [
        ("24", "contract", date(2026, 3, 4)),
        ("24", "talk", date(2026, 2, 10)),
        ("25", "lost", date(2026, 3, 4)),
        ("25", "talk", date(2026, 3, 2)),
    ]


def test_an_owner_is_in_the_newest_primary_team_from_when_it_is_known(crms: Systems) -> None:
    assert crms.rows(
        "select team, valid_from from core.core_participant_version "
        "where source_system = 'hubspot' and known_to_on = '9999-12-31' order by valid_from"
    ) == [("Inbound", date(1900, 1, 1)), ("Partners", date(2026, 3, 4))]


def test_a_deleted_contact_may_come_back(crms: Systems) -> None:
    assert crms.rows("select person_id from core.core_person where source_system = 'hubspot'") == [
        ("500",)
    ]


def test_two_stages_of_one_id_are_their_pipelines_own(crms: Systems) -> None:
    assert crms.rows(
        "select stage, stage_ordinal, status from shared.dim_stage "
        "where source_system = 'hubspot' and stage like '%contract' or stage like '%lost' "
        "order by stage"
    ) == [
        ("contract", 2, "open"),
        ("lost", 4, "lost"),
        ("resale/contract", 0, "open"),
        ("resale/lost", 1, "lost"),
    ]
    assert crms.rows(
        "select distinct stage from pipeline.fct_opportunity_version where opportunity_id = '43'"
    ) == [("resale/contract",)]
    assert crms.rows(
        "select probability_pct from pipeline.fct_opportunity where opportunity_id = '43'"
    ) == [(Decimal("0.4"),)]
    assert crms.rows("select stage from core.core_stage_entry where opportunity_id = '43'") == [
        ("resale/contract",)
    ]


def test_nothing_was_rejected(crms: Systems) -> None:
    assert crms.rows("select count(*) from control.rejects where source = 'hubspot'") == [(0,)]
