"""What two CRMs do to records after their first delivery, over five days and with one day late.

Salesforce comes as whole exports, HubSpot as changes. Both know a deal 21, and they are not one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tests.sources.world import Row, Systems

DAYS = [date(2026, 3, day) for day in range(2, 7)]
LATE = DAYS[2]
"""The day that is loaded after all others."""


def at(day: int, time: str = "10:00:00") -> str:
    """A moment on the first, second, ... day."""
    return f"{DAYS[day - 1]} {time}"


def deliver(systems: Systems) -> None:
    """Land and load every day, the late one last."""
    for day in (1, 2, 4, 5, 3):
        systems.deliver(DAYS[day - 1], "salesforce", **_salesforce(day))
        systems.deliver(DAYS[day - 1], "hubspot", **_hubspot(day))
        systems.load()


# --- Salesforce: every day the whole state -------------------------------------------------------


def _salesforce(day: int) -> dict[str, list[Row]]:
    return {
        "user": [
            {"Id": user, "FirstName": user, "LastName": "Berg", "SystemModstamp": at(1)}
            for user in ("005A", "005B")
        ],
        "account": _accounts(day),
        "opportunity": [
            {"Id": "21", "Name": "Rollout", "AccountId": "001C", "OwnerId": "005A"}
            | {"StageName": "Prospecting", "Probability": "10", "Amount": "1000"}
            | {"CloseDate": "2026-05-01", "IsClosed": "0", "IsWon": "0", "CreatedDate": at(1)}
            | {"SystemModstamp": at(1), "IsDeleted": "0"},
            *_won_deals(day),
            *(_deal_once_far_off(deal) for deal in ("FAR", "FURTHER", "TRACKED")),
            *(_deal_to_be_cut(deal) for deal in ("CUT", "DOUBTED", "MOVED")),
        ],
        "opportunity_history": _days_once_mistyped(),
        "opportunity_field_history": [
            {"Id": "0171", "OpportunityId": "TRACKED", "Field": "StageName"}
            | {"OldValue": "Qualification", "NewValue": "Prospecting"}
            | {"CreatedDate": "2026-02-10 10:00:00"},
            {"Id": "0172", "OpportunityId": "TRACKED", "Field": "CloseDate"}
            | {"OldValue": "2202-05-20", "NewValue": "2026-05-20"}
            | {"CreatedDate": "2026-02-20 10:00:00"},
            # The record itself does not come again.
            _field("0173", "CUT", "Amount", "1000.0", "800.0"),
            _field("0174", "DOUBTED", "Probability", "10.0", "5.0"),
            _field("0175", "MOVED", "CloseDate", "2026-05-20", "2026-05-21"),
        ],
        "opportunity_line_item": [
            _seen("00kA", day, {"OpportunityId": "21", "Quantity": "1", "CreatedDate": at(1)}),
            _seen("00kB", day, {"OpportunityId": "21", "Quantity": "2", "CreatedDate": at(1)}, 2),
            _seen(
                "00kC", day, {"OpportunityId": "21", "Quantity": "4", "CreatedDate": at(1)}, 2, 4
            ),
        ],
        "order": [
            _seen("801A", day, {"AccountId": "001C", "EffectiveDate": "2026-03-02"}),
            _seen("801B", day, {"AccountId": "001A", "EffectiveDate": "2026-03-02"}, 3),
        ],
        "task": [
            _seen("00TA", day, {"TaskSubtype": "Email", "CreatedDate": at(1)}),
            _seen("00TB", day, {"Type": "Call", "CreatedDate": at(1)}, 2),
            _seen("00TC", day, {"CreatedDate": at(1)}, 2, 3),
        ],
        "territory2": [{"Id": "0MIA", "Name": "East", "SystemModstamp": at(1)}],
        "user_territory2_association": _sellers_of_territory(day),
        "object_territory2_association": [
            {"Id": "04OA" if day == 1 else "04OB", "ObjectId": "001A", "Territory2Id": "0MIA"}
            | {"SystemModstamp": at(1) if day == 1 else at(2)}
        ],
    }


def _deal_to_be_cut(deal: str) -> Row:
    return _deal_once_far_off(deal) | {"Amount": "1000", "ExpectedRevenue": "100"}


def _field(change: str, deal: str, field: str, old: str, new: str) -> Row:
    """A change of a tracked field, after the deal's record was saved."""
    return {
        "Id": change, "OpportunityId": deal, "Field": field, "OldValue": old, "NewValue": new,
        "CreatedDate": at(1, "12:00:00"),
    }  # fmt: skip


def _deal_once_far_off(deal: str) -> Row:
    """An open deal whose close date is right by now."""
    return (
        {"Id": deal, "AccountId": "001A", "OwnerId": "005A", "StageName": "Prospecting"}
        | {"Probability": "10", "Amount": "10", "CloseDate": "2026-05-20", "IsClosed": "0"}
        | {"IsWon": "0", "CreatedDate": "2026-02-02 10:00:00", "SystemModstamp": at(1)}
    )


def _days_once_mistyped() -> list[Row]:
    """Of one deal a day that no contract reads, of another one that is in no fiscal period."""
    rows = [
        ("0081", "FAR", "2202-05-20", "2026-02-02 10:00:00"),
        ("0082", "FAR", "2026-05-20", "2026-02-20 10:00:00"),
        ("0083", "FURTHER", "2062-05-20", "2026-02-02 10:00:00"),
        ("0084", "FURTHER", "2026-05-20", "2026-02-20 10:00:00"),
    ]
    return [
        {"Id": row, "OpportunityId": deal, "CloseDate": day, "CreatedDate": moment}
        | {"StageName": "Prospecting", "Amount": "10", "Probability": "10"}
        | {"ForecastCategory": "Pipeline", "PrevCloseDate": "2202-05-20"}
        for row, deal, day, moment in rows
    ]


_OPEN = {"Probability": "10", "IsClosed": "0", "IsWon": "0", "CloseDate": "2026-05-01"}


def _won_deals(day: int) -> list[Row]:
    """Of those that were won some go to the recycle bin; one is missing from the fourth day on."""
    won = {"StageName": "Closed Won", "Probability": "100", "IsClosed": "1", "IsWon": "1"}
    deal = {"AccountId": "001A", "OwnerId": "005A", "CloseDate": "2026-03-01", "CreatedDate": at(1)}
    deals = [_seen("KEPT", day, {"Amount": "100"} | won | deal)]
    deals.append(_seen("BINNED", day, {"Amount": "200"} | won | deal, 3))
    # A downsell, and a credit that was taken back.
    deals.append(_seen("DOWNSELL", day, {"Amount": "-50"} | won | deal))
    deals.append(_seen("CREDIT", day, {"Amount": "-30"} | won | deal, 3))
    deals.append(
        _seen("LESS", day, won | deal | {"Amount": "-20", "StageName": "Prospecting"} | _OPEN)
    )
    if day < 4:
        deals.append(_seen("GONE", day, {"Amount": "400"} | won | deal))
    return deals


def _seen(
    record: str, day: int, rest: Mapping[str, str], binned: int = 99, restored: int = 99
) -> Row:
    """A record that goes to the recycle bin one day, and may come back another."""
    changed = max(known for known in (1, binned, restored) if known <= day)
    is_deleted = "1" if binned <= day < restored else "0"
    return {"Id": record, "IsDeleted": is_deleted, "SystemModstamp": at(changed)} | dict(rest)


def _accounts(day: int) -> list[Row]:
    """C is merged into B, then B into A; the bin is emptied. E is merged and restored."""
    accounts: list[Row] = [
        {"Id": "001A", "Name": "Alder", "SystemModstamp": at(1)},
        {"Id": "001D", "Name": "Dogwood", "ParentId": "001B", "SystemModstamp": at(1)},
        _merged("001E", "001A", since=2) if day == 2 else _alone("001E", 3 if day > 2 else 1),
    ]
    if day < 4:
        accounts.append(_merged("001C", "001B", since=2) if day >= 2 else _alone("001C", 1))
    if day < 5:
        accounts.append(_merged("001B", "001A", since=3) if day >= 3 else _alone("001B", 1))
    return accounts


def _alone(account: str, since: int) -> Row:
    return {"Id": account, "Name": account, "IsDeleted": "0", "SystemModstamp": at(since)}


def _merged(account: str, into: str, since: int) -> Row:
    return {"Id": account, "Name": account, "IsDeleted": "1", "MasterRecordId": into} | {
        "SystemModstamp": at(since)
    }


def _sellers_of_territory(day: int) -> list[Row]:
    """A's assignment is switched off on the third day, B's is gone on the fourth."""
    is_off = day >= 3
    sellers: list[Row] = [
        {"Id": "04UA", "UserId": "005A", "Territory2Id": "0MIA"}
        | {"IsActive": "0" if is_off else "1", "SystemModstamp": at(3 if is_off else 1)}
    ]
    if day < 4:
        sellers.append(
            {"Id": "04UB", "UserId": "005B", "Territory2Id": "0MIA"}
            | {"IsActive": "1", "SystemModstamp": at(1)}
        )
    return sellers


# --- HubSpot: every day what changed -------------------------------------------------------------


def _hubspot(day: int) -> dict[str, list[Row]]:
    return [_first_day, _second_day, _third_day, _fourth_day, _fifth_day][day - 1]()


def _first_day() -> dict[str, list[Row]]:
    return {
        "owner": [{"owner_id": "1", "first_name": "Cara", "last_name": "Dunn"} | _synced(1)],
        "team": [{"id": team, "name": team} | _synced(1) for team in ("Inbound", "Partners")],
        "owner_team": [{"owner_id": "1", "team_id": "Inbound", "is_team_primary": "true"}],
        "company": [],
        "contact": [{"id": "500", "_fivetran_deleted": "FALSE"} | _synced(1)],
        "deal_pipeline": [
            {"pipeline_id": "default", "label": "Sales"} | _synced(1),
            {"pipeline_id": "resale", "label": "Partners"} | _synced(1),
        ],
        "deal_pipeline_stage": [
            _stage("talk", 0, "0.2"),
            _stage("trial", 1, "0.5"),
            _stage("contract", 2, "0.9"),
            _stage("won", 3, "1.0") | {"closed_won": "TRUE", "is_closed": "TRUE"},
            _stage("lost", 4, "0.0") | {"is_closed": "TRUE"},
            # Of the same id as one of the other pipeline, and another one.
            _stage("contract", 0, "0.4") | {"pipeline_id": "resale"},
            _stage("lost", 1, "0.0") | {"pipeline_id": "resale", "is_closed": "TRUE"},
        ],
        "deal": [
            *(_deal(deal, "talk", 1, "07:00:00") for deal in ("21", "22", "23", "24", "25")),
            *(
                _deal(deal, "won", 1) | {"property_closedate": "2026-03-01 12:00:00"}
                for deal in ("31", "32", "33")
            ),
            # Far off in the record itself, until the second day.
            _deal("41", "talk", 1) | {"property_closedate": "2202-05-20 12:00:00"},
            _deal("42", "talk", 1),
            _deal("43", "contract", 1) | {"deal_pipeline_id": "resale"},
        ],
        "deal_property_history": [
            _property("21", "dealstage", "talk", at(1, "08:00:00")),
            _property("21", "amount", "100", at(1, "08:00:00")),
            _property("25", "amount", "50", at(1, "08:00:00")),
            _property("42", "dealstage", "talk", at(1, "08:00:00")),
            _property("43", "dealstage", "contract", at(1, "08:00:00")),
            _property("42", "closedate", "2202-05-20T12:00:00Z", at(1, "08:00:00")),
            _property("42", "closedate", "2026-05-01T12:00:00Z", at(1, "08:30:00")),
        ],
        "deal_stage": [
            _entry("24", "talk", "2026-02-10 15:00:00"),
            _entry("43", "contract", at(1, "08:00:00")),
        ],
    }


def _second_day() -> dict[str, list[Row]]:
    return {
        "deal": [_deal("24", "trial", 2), _deal("41", "talk", 2)],
        "deal_property_history": [_property("21", "amount", "", at(2, "09:00:00"))],
        "merged_deal": [
            {"deal_id": "23", "merged_deal_id": "22"} | _synced(2),
            {"deal_id": "33", "merged_deal_id": "32"} | _synced(2),
        ],
        "contact": [{"id": "500", "_fivetran_deleted": "TRUE"} | _synced(2)],
    }


def _third_day() -> dict[str, list[Row]]:
    """The owner changes the team; the stage `trial` is taken out."""
    return {
        "owner_team": [
            {"owner_id": "1", "team_id": "Partners", "is_team_primary": "true"} | _synced(3)
        ],
        "deal_pipeline_stage": [_stage("trial", 1, "0.5", 3) | {"_fivetran_deleted": "TRUE"}],
        "deal": [
            _deal("24", "contract", 3),
            _deal("25", "lost", 3),
            _deal("33", "won", 3) | {"property_closedate": "2026-03-01 12:00:00"},
            _deal("31", "won", 3) | {"is_deleted": "true"},
        ],
        "deal_stage": [
            _entry("24", "talk", "2026-02-20 15:00:00", 3),
            _entry("24", "contract", at(3), 3),
        ],
        "deal_property_history": [_property("21", "dealstage", "contract", at(3, "09:00:00"))],
    }


def _fourth_day() -> dict[str, list[Row]]:
    """The connector starts over: what it had delivered comes again, and one value it had missed."""
    again = [*_first_day()["deal_property_history"], *_second_day()["deal_property_history"]]
    return {
        "deal_property_history": [
            *(row | _synced(4) for row in map(dict, again)),
            _property("21", "dealstage", "trial", at(2, "11:00:00")) | _synced(4),
        ],
        "merged_deal": [{"deal_id": "23", "merged_deal_id": "22"} | _synced(4)],
    }


def _fifth_day() -> dict[str, list[Row]]:
    return {
        "contact": [{"id": "500", "_fivetran_deleted": "FALSE"} | _synced(5)],
    }


def _synced(day: int, time: str = "10:00:00") -> dict[str, str]:
    return {"_fivetran_synced": at(day, time)}


def _stage(name: str, order: int, probability: str, day: int = 1) -> dict[str, str]:
    return {
        "stage_id": name,
        "pipeline_id": "default",
        "label": name,
        "display_order": str(order),
        "probability": probability,
        "closed_won": "FALSE",
        "is_closed": "FALSE",
        "_fivetran_deleted": "FALSE",
    } | _synced(day)


def _deal(deal: str, stage: str, day: int, time: str = "10:00:00") -> dict[str, str]:
    return {
        "deal_id": deal,
        "is_deleted": "false",
        "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": stage,
        "owner_id": "1",
        "property_dealname": f"Deal {deal}",
        "property_amount": "100",
        "property_createdate": at(1, "06:00:00"),
        "property_closedate": "2026-05-01 12:00:00",
    } | _synced(day, time)


def _entry(deal: str, stage: str, entered_at: str, day: int = 1) -> dict[str, str]:
    return {"deal_id": deal, "value": stage, "date_entered": entered_at} | _synced(day)


def _property(deal: str, name: str, value: str, changed_at: str) -> dict[str, str]:
    return {"deal_id": deal, "name": name, "value": value, "timestamp": changed_at} | {
        "_fivetran_synced": changed_at
    }
