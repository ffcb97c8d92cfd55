"""Deals, bookings and leads of one company on three systems, told as lists that tests add up.

Salesforce has leads and most deals, HubSpot and a reseller's CRM have deals too. Every expected
value is counted on these lists; no test asks a model what another one should say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from tests.sources.world import Row, Systems

AS_OF = date(2026, 5, 31)
TAKEN_BACK = date(2024, 4, 10)
"""Close day of a booking that stands no longer."""
FIRST_LOSS = date(2024, 3, 5)
QUARTERS = [
    date(2024, 5, 1),
    date(2024, 8, 1),
    date(2024, 11, 1),
    date(2025, 2, 1),
    date(2025, 5, 1),
    date(2025, 8, 1),
    date(2025, 11, 1),
    date(2026, 2, 1),
    date(2026, 5, 1),
]
"""Fiscal quarters from the one with the first booking that stands to the running one."""


@dataclass(frozen=True)
class Booking:
    """A won deal of which only its present state was delivered."""

    deal: str
    day: date
    amount: int


def _bookings() -> Iterable[Booking]:
    yield Booking("B0", date(2024, 6, 14), 5000)
    for n, (start, end) in enumerate(pairwise(QUARTERS[1:]), start=1):
        yield Booking(f"B{n}", start, 300 + n)
        yield Booking(f"E{n}", end - timedelta(days=1), 700)
    yield Booking("T1", date(2026, 5, 3), 250)


BOOKINGS = list(_bookings())

REOPENED, STRAIGHT = 40, 40
"""Deals that were lost before they came to Needs Analysis, and deals that came there at once."""
REOPENED_WON, STRAIGHT_WON = 20, 10
CLOSED_ON = date(2026, 4, 15)
"""The day on which all of these were closed for good, each worth 10."""


@dataclass(frozen=True)
class Lead:
    """A lead; `deal` is the id it names, `waited` the days until it was converted."""

    source: str | None
    created_on: date
    waited: int | None = None
    deal: str | None = None


LEADS = [
    # Before bookings are on record, only leads that came to something are there.
    Lead("Web", date(2024, 5, 20), 5, "B0"),
    Lead("Web", date(2024, 6, 2), 5),
    # 25 days is the longest anybody took to convert.
    *(Lead("Web", date(2025, 3, 3), waited) for waited in (10, 25)),
    *(Lead("Web", date(2025, 3, 4)) for _ in range(2)),
    # No source, and a source of which the CRM says that it is unknown.
    Lead(None, date(2025, 3, 10)),
    *(Lead("unknown", date(2025, 3, 10)) for _ in range(2)),
    # Deals of other systems: one that only HubSpot has, one that two systems have, one of nobody.
    Lead("Partner", date(2025, 3, 5), 3, "H1"),
    Lead("Partner", date(2025, 3, 5), 3, "X9"),
    Lead("Partner", date(2025, 3, 5), 3, "gone"),
    # HubSpot has a deal of this id as well, Salesforce's own is meant.
    Lead("Own", date(2025, 3, 6), 3, "B5"),
    # A deal that Salesforce had and deleted is not HubSpot's deal of the same id.
    Lead("Own", date(2025, 3, 6), 3, "D1"),
    # As many as it takes to say how long conversions and wins take, and that is what it was.
    *(Lead("Fair", date(2025, 3, 7), 3) for _ in range(10)),
    *(Lead("Fair", date(2025, 3, 6), 25, "B5") for _ in range(2)),
    *(Lead("Fair", date(2025, 7, 20), 1, "B5") for _ in range(15)),
    Lead("Web", date(2026, 4, 10), 20),
    Lead("Web", date(2026, 4, 10)),
    Lead("Web", date(2026, 5, 4)),
]
WON_ON = {"H1": date(2025, 6, 13), "B5": date(2025, 8, 1), "B0": date(2024, 6, 14)}
"""Close days of the won deals that leads name."""


def deliver(systems: Systems) -> None:
    """The whole state of every system on the last day."""
    systems.deliver(AS_OF, "salesforce", **_salesforce())
    systems.deliver(AS_OF, "hubspot", **_hubspot())
    systems.deliver(AS_OF, "maven_crm", **_maven_crm())


# --- Salesforce ----------------------------------------------------------------------------------


def _salesforce() -> dict[str, list[Row]]:
    deals: list[Row] = [_deal(each.deal, "Closed Won", each.day, each.amount) for each in BOOKINGS]
    deals += [
        _deal("L1", "Closed Lost", FIRST_LOSS, 0),
        _deal("R0", "Prospecting", date(2026, 6, 30), 90, changed=date(2024, 6, 20)),
        _deal("D1", "Closed Won", date(2025, 4, 1), 77) | {"IsDeleted": "1"},
        _deal("N1", "Needs Analysis", date(2026, 6, 30), 50, changed=date(2026, 5, 10)),
    ]
    history: list[Row] = [_state("R0", 0, "Closed Won", TAKEN_BACK, TAKEN_BACK)]
    for n in range(REOPENED):
        deal = f"P{n}"
        deals.append(_deal(deal, _outcome(n < REOPENED_WON), CLOSED_ON, 10))
        history += [
            _state(deal, 0, "Qualification", date(2026, 1, 10), CLOSED_ON),
            _state(deal, 1, "Closed Lost", date(2026, 2, 1), date(2026, 2, 1)),
            _state(deal, 2, "Needs Analysis", date(2026, 3, 1), CLOSED_ON),
        ]
    for n in range(STRAIGHT):
        deal = f"S{n}"
        deals.append(_deal(deal, _outcome(n < STRAIGHT_WON), CLOSED_ON, 10))
        history += [
            _state(deal, 0, "Qualification", date(2026, 1, 10), CLOSED_ON),
            _state(deal, 1, "Needs Analysis", date(2026, 2, 10), CLOSED_ON),
        ]
    return {
        "user": [],
        "account": [],
        "opportunity": deals,
        "opportunity_history": history,
        "lead": [_lead(n, lead) for n, lead in enumerate(LEADS)],
    }


def _outcome(is_won: bool) -> str:
    return "Closed Won" if is_won else "Closed Lost"


def _deal(deal: str, stage: str, close_on: date, amount: int, changed: date | None = None) -> Row:
    is_won, is_closed = stage == "Closed Won", stage.startswith("Closed")
    return {
        "Id": deal,
        "Name": deal,
        "StageName": stage,
        "Probability": "100" if is_won else "0" if is_closed else "10",
        "Amount": str(amount),
        "CloseDate": str(close_on),
        "IsClosed": str(int(is_closed)),
        "IsWon": str(int(is_won)),
        "IsDeleted": "0",
        "CreatedDate": "2024-02-10 10:00:00",
        "SystemModstamp": f"{changed or close_on} 15:00:00",
    }


def _state(deal: str, number: int, stage: str, on: date, close_on: date) -> Row:
    return {
        "Id": f"H{deal}{number}",
        "OpportunityId": deal,
        "StageName": stage,
        "Amount": "10",
        "Probability": "10",
        "CloseDate": str(close_on),
        "CreatedDate": f"{on} 15:00:00",
        "SystemModstamp": f"{on} 15:00:00",
    }


def _lead(number: int, lead: Lead) -> Row:
    row: Row = {
        "Id": f"Q{number}",
        "LeadSource": lead.source or "",
        "CreatedDate": f"{lead.created_on} 15:00:00",
        "SystemModstamp": f"{lead.created_on} 15:00:00",
        "IsConverted": str(int(lead.waited is not None)),
        "IsDeleted": "0",
        "ConvertedOpportunityId": lead.deal or "",
    }
    if lead.waited is None:
        return row
    return {**row, "ConvertedDate": str(lead.created_on + timedelta(days=lead.waited))}


# --- HubSpot, and the reseller -------------------------------------------------------------------

SYNCED = {"_fivetran_synced": "2026-05-31 10:00:00"}
SHUT = {"is_closed": "TRUE"}
STAGES: list[Row] = [
    {"stage_id": "talk", "display_order": "0", "probability": "0.2", "is_closed": "FALSE"},
    {"stage_id": "offer", "display_order": "1", "probability": "0.6", "is_closed": "FALSE"},
    {"stage_id": "won", "display_order": "2", "probability": "1.0", "closed_won": "TRUE"} | SHUT,
    {"stage_id": "lost", "display_order": "3", "probability": "0.0"} | SHUT,
]


def _hubspot() -> dict[str, list[Row]]:
    return {
        "owner": [{"owner_id": "1", "first_name": "Cara", "last_name": "Dunn", **SYNCED}],
        "team": [{"id": "9", "name": "unassigned", **SYNCED}],
        "owner_team": [{"owner_id": "1", "team_id": "9", "is_team_primary": "true", **SYNCED}],
        "deal_pipeline": [{"pipeline_id": "default", "label": "Sales", **SYNCED}],
        "deal_pipeline_stage": [
            {"pipeline_id": "default", "label": stage["stage_id"], "closed_won": "FALSE"}
            | {"_fivetran_deleted": "FALSE"}
            | {**stage, **SYNCED}
            for stage in STAGES
        ],
        "deal": [
            _hub_deal("H1", "won", WON_ON["H1"], 400),
            _hub_deal("X9", "won", date(2025, 6, 1), 1111),
            _hub_deal("B5", "won", date(2025, 6, 1), 2222),
            _hub_deal("D1", "won", date(2025, 6, 1), 3333),
            _hub_deal("W1", "won", date(2026, 5, 2), 40) | {"owner_id": ""},
        ],
        "deal_stage": [
            # Newest first, as an export that sorts by the time of entry writes them.
            {"deal_id": "H1", "value": stage, "date_entered": f"{day} 15:00:00", **SYNCED}
            for stage, day in (
                ("offer", "2025-05-20"),
                ("talk", "2025-05-02"),
                ("offer", "2025-03-20"),
                ("talk", "2025-02-10"),
            )
        ],
    }


def _hub_deal(deal: str, stage: str, close_on: date, amount: int) -> dict[str, object]:
    return {
        "deal_id": deal,
        "is_deleted": "false",
        "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": stage,
        "owner_id": "1",
        "property_dealname": deal,
        "property_amount": str(amount),
        "property_createdate": "2025-02-10 15:00:00",
        "property_closedate": f"{close_on} 15:00:00",
        **SYNCED,
    }


def _maven_crm() -> dict[str, list[Row]]:
    return {
        "account": [],
        "sales_team": [],
        "product": [{"product": "Seat", "sales_price": "10"}],
        "opportunity": [
            {"opportunity_id": "X9", "sales_agent": "Ada", "product": "Seat", "deal_stage": "Won"}
            | {"engage_date": "2025-04-01", "close_date": "2025-05-01", "close_value": "9"}
        ],
    }
