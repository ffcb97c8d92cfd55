"""An accepted opportunity that is deleted and restored is counted, taken back and counted again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.sources.world import Row, Systems

DAYS = [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]


def deal(day: date, deleted: str) -> Row:
    return {
        "Id": "006A", "Name": "A", "OwnerId": "005A", "StageName": "Proposal/Price Quote",
        "Amount": "1000", "CurrencyIsoCode": "USD", "CloseDate": "2026-05-01", "IsClosed": "0",
        "IsWon": "0", "IsDeleted": deleted, "CreatedDate": "2026-02-20 10:00:00",
        "SystemModstamp": f"{day} 10:00:00",
    }  # fmt: skip


def test_the_ledger_keeps_every_row(tmp_path: Path) -> None:
    systems = Systems.of(tmp_path, "salesforce", "finance")
    quota = {
        "quota_id": "Q", "participant_id": "005A", "measure": "accepted_opportunities",
        "period_start_on": "2026-02-01", "period_end_on": "2026-05-01", "quota_amount": "10",
        "currency": "USD", "version": "1", "status": "approved",
        "approved_at": "2026-01-20T10:00:00Z",
    }  # fmt: skip
    systems.deliver(DAYS[0], "finance", quota=[quota])
    for day, deleted in zip(DAYS, ("0", "1", "0"), strict=True):
        systems.deliver(day, "salesforce", opportunity=[deal(day, deleted)])
    systems.build("fct_achievement")
    found = systems.rows(
        "select cast(achieved_amount as int), cause, recorded_on from attainment.fct_achievement "
        "where participant_id = '005A' order by recorded_on"
    )
    assert [(amount, cause) for amount, cause, _ in found] == [
        (1, "done"),
        (-1, "taken_back"),
        (1, "done"),
    ]
    assert [day for *_, day in found][1:] == DAYS[1:]
