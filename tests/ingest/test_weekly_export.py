"""Salesforce's weekly data export: its encoding, words for true and false, and empty lookups."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.contracts import load_contract
from tests.ingest.world import World, days

DAY = days(8)[0]
DEAL = {
    "Id": "006000000000001AAA",
    "IsDeleted": "0",
    "Name": 'Müller & Söhne, "Großauftrag"\nzweite Zeile',
    "StageName": "Prospecting",
    "Amount": "1.39E8",
    "Probability": "10",
    "CloseDate": "2026-06-30 00:00:00",
    "IsClosed": "false",
    "IsWon": "0",
    "OwnerId": "000000000000000AAA",
    "CampaignId": "",
    "CreatedDate": "2026-03-01 10:00:00",
    "LastModifiedDate": "2026-03-02 10:00:00",
    "SystemModstamp": "2026-03-03 10:00:00",
}


def export(*deals: dict[str, str], leave_out: tuple[str, ...] = ()) -> bytes:
    described = load_contract("salesforce").objects["opportunity"]
    header = [column.source for column in described.columns] + list(described.also[:3])
    header = [name for name in header if name not in leave_out]
    rows = [header, *([deal.get(name, "") for name in header] for deal in deals)]
    quoted = [",".join('"' + value.replace('"', '""') + '"' for value in row) for row in rows]
    return ("\n".join(quoted) + "\n").encode("latin-1")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.of(tmp_path, "salesforce", "{format: weekly_export}", time_zone="Asia/Tokyo")


def test_a_deal_is_read_as_salesforce_means_it(world: World) -> None:
    world.deliver(DAY, export(DEAL), "Opportunity.csv")
    [result] = world.load()
    assert result.message is None
    assert world.rows(
        "select name, amount, close_date, is_closed, is_won, owner_id, campaign_id, created_date, "
        "_recorded_at from raw.salesforce__opportunity"
    ) == [
        (
            DEAL["Name"],
            Decimal(139000000),
            date(2026, 6, 30),
            False,
            False,
            None,
            None,
            datetime(2026, 3, 1, 10),
            datetime(2026, 3, 3, 10),
        )
    ]


def test_the_line_of_a_deal_behind_a_name_of_two_lines(world: World) -> None:
    world.deliver(DAY, export(DEAL, DEAL | {"Id": "006000000000002AAA"}), "Opportunity.csv")
    world.load()
    assert world.rows("select _line from raw.salesforce__opportunity order by 1") == [(2,), (4,)]


def test_an_export_without_amounts_is_refused_but_not_one_without_territories(world: World) -> None:
    world.deliver(DAY, export(DEAL, leave_out=("Territory2Id",)), "Opportunity.csv")
    assert world.load()[-1].status == "loaded"
    world.deliver(DAY, export(DEAL, leave_out=("OwnerId",)), "Opportunity.csv", replace=True)
    assert "lacks column 'OwnerId'" in str(world.load()[-1].message)


def test_an_object_without_records_is_a_header(world: World) -> None:
    world.deliver(DAY, export(), "Opportunity.csv")
    assert [(r.status, r.n_read) for r in world.load()] == [("loaded", 0)]
