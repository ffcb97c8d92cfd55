"""A sales force over three Sundays: people move, leave and are renamed, and some of it comes late.

What is delivered on the second Sunday says of several sellers that it had been so before the first.
"""

from __future__ import annotations

from datetime import date

import duckdb

from tests.sources.world import Row, Systems

FIRST, SECOND, THIRD = DAYS = date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 15)
OLD = "2026-01-05 12:00:00"
STAMP = {"system_modstamp": OLD}
BETWEEN = {"system_modstamp": "2026-03-05 12:00:00"}
"""A moment between the first two Sundays."""
BACKDATED = {"system_modstamp": "2026-02-10 12:00:00"}
"""A moment before the first Sunday, of a row that comes on the second."""
NEWEST = {"system_modstamp": "2026-03-12 12:00:00"}
SELLERS = {
    "005A": "Ann Ash",
    "005B": "Ben Birk",
    "005C": "Cy Carr",
    "005D": "Dee Dunn",
    "005E": "Eli East",
    "005G": "Gus Gray",
    "005H": "Zoe Hill",
}
NEWCOMER = "005F"
"""Owns a deal from the start, but his record comes on the second Sunday."""


def deliver(systems: Systems) -> None:
    systems.deliver(FIRST, "salesforce", **crm())
    systems.deliver(FIRST, "finance", territory=_territories(), quota=_quotas())
    systems.deliver(FIRST, "hubspot", **_hubspot())
    systems.deliver(
        SECOND, "salesforce", user=_changed_users(), account=[_account("6000", BETWEEN)]
    )
    systems.deliver(SECOND, "finance", territory=_changed_territories(), quota=_quotas())
    systems.deliver(SECOND, "hubspot", **_changed_hubspot())
    systems.load()
    # The planning file has to say since when; other systems may not, and leave the day out.
    with duckdb.connect(str(systems.company.warehouse_file)) as connection:
        connection.execute(
            "update raw.finance__territory set valid_from = null where participant_id = '005G'"
        )
    systems.deliver(THIRD, "salesforce", opportunity=[_deal("O9", "005A", **NEWEST)])


def _user(key: str, name: str, stamp: Row, manager: str = "005M", role: str = "00E1") -> Row:
    first, last = name.split()
    return {
        "id": key,
        "first_name": first,
        "last_name": last,
        "title": "Account Executive",
        "manager_id": manager,
        "user_role_id": role,
        "is_active": "true",
        "created_date": OLD,
    } | stamp


def _account(n_employees: str, stamp: Row) -> Row:
    return {"id": "001A", "name": "Alder", "number_of_employees": n_employees} | stamp


def _deal(key: str, owner: str, **more: str) -> Row:
    return {
        "id": key,
        "name": key,
        "account_id": "001A",
        "owner_id": owner,
        "stage_name": "Prospecting",
        "amount": "1000",
        "currency_iso_code": "USD",
        "probability": "10",
        "is_won": "false",
        "is_closed": "false",
        "is_deleted": "false",
        "close_date": "2026-04-15",
        "created_date": OLD,
        **STAMP,
        **more,
    }


def _won(key: str, owner: str, close_date: str) -> Row:
    closed = {"stage_name": "Closed Won", "is_won": "true", "is_closed": "true"}
    return _deal(key, owner, close_date=close_date, probability="100", **closed)


def crm() -> dict[str, list[Row]]:
    return {
        "user": [
            *(_user(key, name, STAMP) for key, name in SELLERS.items()),
            _user("005M", "Andrew Fuller", STAMP, "005V", "00M1"),
            _user("005N", "Nora Nash", STAMP, "005V", "00M1"),
            _user("005V", "Vera Voss", STAMP, "", "00V"),
        ],
        "user_role": [
            {"id": "00V", "name": "VP Sales"} | STAMP,
            {"id": "00M1", "name": "Manager - East", "parent_role_id": "00V"} | STAMP,
            {"id": "00E1", "name": "AE - East", "parent_role_id": "00M1"} | STAMP,
        ],
        "account": [_account("20", STAMP)],
        "opportunity": [
            *(_deal(f"O{key[-1]}", key) for key in [*SELLERS, NEWCOMER, "005M"]),
            _won("WA", "005A", "2026-02-25"),
            _won("WB", "005B", "2026-02-25"),
            _won("WC", "005C", "2026-02-25"),
            _won("WF", NEWCOMER, "2026-02-25"),
        ],
    }


def _changed_users() -> list[Row]:
    return [
        _user("005B", "Ben Birk", BACKDATED, manager="005N"),
        _user(NEWCOMER, "Flo Ford", BACKDATED),
        _user("005H", "Abe Hill", BETWEEN),
        _user("005M", "Aaron Fuller", BETWEEN, "005V", "00M1"),
    ]


def _territory(seller: str, name: str, valid_from: str, valid_to: str = "") -> Row:
    return {
        "participant_id": seller,
        "territory_id": f"T-{name}",
        "territory_name": name,
        "region": "AMER",
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


def _territories() -> list[Row]:
    """C left East in February, D never was anywhere, E's team is really called so."""
    return [
        _territory("005A", "East", "2025-01-01"),
        _territory("005B", "East", "2025-01-01"),
        _territory("005C", "East", "2025-01-01", "2026-02-15"),
        _territory("005E", "unassigned", "2025-01-01"),
        _territory(NEWCOMER, "West", "2025-01-01"),
        _territory("005G", "North", "2026-02-20"),
        _territory("005H", "East", "2025-01-01"),
    ]


def _changed_territories() -> list[Row]:
    """A had gone West on 20 February."""
    moved = [
        _territory("005A", "East", "2025-01-01", "2026-02-20"),
        _territory("005A", "West", "2026-02-20"),
    ]
    return [*moved, *(row for row in _territories() if row["participant_id"] != "005A")]


def _quotas() -> list[Row]:
    return [
        {
            "quota_id": f"Q-{holder}-{measure}",
            "participant_id": holder,
            "measure": measure,
            "period_start_on": "2026-02-01",
            "period_end_on": "2026-05-01",
            "quota_amount": "9000",
            "currency": "USD",
            "version": "1",
            "status": "approved",
            "approved_at": "2026-01-20T10:00:00Z",
        }
        for holder, measure in [
            *((key, "bookings") for key in [*SELLERS, NEWCOMER]),
            ("005M", "team_bookings"),
            ("005N", "team_bookings"),
        ]
    ]


def _synced(day: date) -> Row:
    return {"_fivetran_synced": f"{day} 10:00:00"}


def _stage(name: str, order: int, *, is_won: bool, day: date) -> Row:
    return {
        "stage_id": name,
        "pipeline_id": "default",
        "label": name,
        "display_order": str(order),
        "probability": "1.0" if is_won else "0.5",
        "closed_won": str(is_won).upper(),
        "is_closed": str(is_won).upper(),
        "_fivetran_deleted": "FALSE",
    } | _synced(day)


def _hubspot() -> dict[str, list[Row]]:
    return {
        "owner": [{"owner_id": "7", "first_name": "Cara", "last_name": "Dove"} | _synced(FIRST)],
        "team": [{"id": key, "name": key} | _synced(FIRST) for key in ("Inbound", "Partners")],
        "owner_team": [
            {"owner_id": "7", "team_id": "Inbound", "is_team_primary": "true"} | _synced(FIRST)
        ],
        "company": [],
        "deal_pipeline": [{"pipeline_id": "default", "label": "Sales"} | _synced(FIRST)],
        "deal_pipeline_stage": [
            _stage("signed", 0, is_won=False, day=FIRST),
            _stage("paid", 1, is_won=True, day=FIRST),
        ],
        "deal": [
            {
                "deal_id": "70",
                "is_deleted": "false",
                "deal_pipeline_id": "default",
                "deal_pipeline_stage_id": "signed",
                "owner_id": "7",
                "property_dealname": "Deal 70",
                "property_amount": "500",
                "property_createdate": "2026-02-01 06:00:00",
                "property_closedate": "2026-04-15 12:00:00",
            }
            | _synced(FIRST)
        ],
    }


def _changed_hubspot() -> dict[str, list[Row]]:
    """What is signed counts as won from now on; the owner changes the team, which is renamed."""
    return {
        "owner_team": [
            {"owner_id": "7", "team_id": "Partners", "is_team_primary": "true"} | _synced(SECOND)
        ],
        "deal_pipeline_stage": [_stage("signed", 0, is_won=True, day=SECOND)],
    }
