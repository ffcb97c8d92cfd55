"""Deals whose past only their history tells, and the extracts that lack some."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tests.sources.world import Row, Systems

RATES = "1.10,150,0.88"
RATE_DAYS = ["2026-04-13", "2026-03-30", "2026-03-10", "2026-02-20", "2026-01-30", "2025-01-31"]
DAYS = [date(2026, 3, 31), date(2026, 4, 7), date(2026, 4, 14)]


def deliver(systems: Systems) -> None:
    for number, day in enumerate(DAYS):
        systems.deliver(day, "salesforce", **_salesforce(number))
        systems.deliver(day, "hubspot", **_hubspot(number))
    rates = systems.folder / "eurofxref-hist.csv"
    rates.write_text("Date,USD,JPY,GBP,\n" + "".join(f"{day},{RATES},\n" for day in RATE_DAYS))
    systems.land(DAYS[0], rates)
    systems.deliver(DAYS[0], "finance", quota=[])


# --- Salesforce: every extract is the whole state ------------------------------------------------


def _salesforce(number: int) -> dict[str, list[Row]]:
    records = [
        _record("CUR", "Negotiation/Review", "70000", "2026-04-20", "2026-02-25", probability="80"),
        _record("CWN", "Closed Won", "50000", "2026-02-20", "2026-03-10"),
        _record("CUF", "Prospecting", "500", "2026-05-20", "2026-03-12"),
        _record("OWN", "Closed Won", "40000", "2026-02-10", "2026-03-20", owner="005B"),
        _record("ACC", "Prospecting", "10", "2026-05-20", "2026-03-05", account="001B"),
        _record("BIN", "Prospecting", "700", "2026-06-01", "2026-03-20") | {"IsDeleted": "1"},
        _record("FLD", "Closed Won", "150", "2026-03-05", "2026-03-05"),
    ]
    history = [
        _state("CUR", 1, "2026-01-12", "Prospecting", "10000000", "2026-04-20", "JPY"),
        _state("CUR", 2, "2026-02-25", "Negotiation/Review", "70000", "2026-04-20"),
        _state("CWN", 1, "2026-01-12", "Prospecting", "50000", "2026-02-20", "EUR"),
        _state("CWN", 2, "2026-02-20", "Closed Won", "50000", "2026-02-20", "EUR"),
        _state("CWN", 3, "2026-03-10", "Closed Won", "50000", "2026-02-20"),
        _state("CUF", 1, "2026-02-02", "Prospecting", "500", "2026-05-20", ""),
        _state("OWN", 1, "2026-02-10", "Closed Won", "40000", "2026-02-10"),
        _state("ACC", 1, "2026-02-02", "Prospecting", "10", "2026-05-20"),
        _state("BIN", 1, "2026-02-01", "Prospecting", "600", "2026-06-01"),
        _state("BIN", 2, "2026-03-01", "Prospecting", "700", "2026-06-01"),
        _state("HIS", 1, "2026-02-05", "Prospecting", "300", "2026-06-01"),
    ]
    fields = [
        _change("CUF", 1, "2026-03-12", "CurrencyIsoCode", "GBP", "USD"),
        _change("OWN", 1, "2026-03-20", "Owner", "Ada Berg", "Ben Cole"),
        _change("OWN", 2, "2026-03-20", "Owner", "005A", "005B"),
        _change("ACC", 1, "2026-03-05", "Account", "Alder", "Beech"),
        _change("ACC", 2, "2026-03-05", "Account", "001A", "001B"),
        _change("ACC", 3, "2026-03-02", "NextStep", "Call", ""),
        _change("FLD", 1, "2026-02-10", "StageName", "Prospecting", "Negotiation/Review"),
        _change("FLD", 2, "2026-03-01", "Amount", "100.0", "150.0"),
        _change("FLD", 3, "2026-03-05", "StageName", "Negotiation/Review", "Closed Won"),
        _change("FLD", 4, "2026-03-05", "CloseDate", "2026-04-20 00:00:00", "2026-03-05 00:00:00"),
    ]
    if number >= 1:
        history += [
            _state("LAT", 1, "2026-04-02", "Prospecting", "80", "2026-06-01"),
            _state("BAK", 1, "2026-04-03", "Prospecting", "90", "2026-06-01"),
        ]
    if number >= 2:
        records.append(_record("BAK", "Prospecting", "95", "2026-06-01", "2026-04-10"))
    return {
        "user": [
            {"Id": user, "FirstName": user, "LastName": "Berg", "SystemModstamp": _at("2026-01-05")}
            for user in ("005A", "005B")
        ],
        "account": [
            {"Id": account, "Name": account, "SystemModstamp": _at("2026-01-05")}
            for account in ("001A", "001B")
        ],
        "opportunity": records,
        "opportunity_history": history,
        "opportunity_field_history": fields,
    }


def _at(day: str, time: str = "15:00:00") -> str:
    return f"{day} {time}"


def _record(
    deal: str,
    stage: str,
    amount: str,
    close: str,
    changed: str,
    *,
    owner: str = "005A",
    account: str = "001A",
    probability: str = "100",
) -> dict[str, str]:
    is_won = stage == "Closed Won"
    return {
        "Id": deal,
        "Name": deal,
        "AccountId": account,
        "OwnerId": owner,
        "StageName": stage,
        "Amount": amount,
        "CurrencyIsoCode": "USD",
        "CloseDate": close,
        "Probability": probability if is_won or probability != "100" else "10",
        "IsClosed": str(int(is_won)),
        "IsWon": str(int(is_won)),
        "CreatedDate": _at("2026-01-12"),
        "SystemModstamp": _at(changed),
        "IsDeleted": "0",
    }


def _state(
    deal: str, number: int, day: str, stage: str, amount: str, close: str, currency: str = "USD"
) -> Row:
    return {
        "Id": f"008{deal}{number}",
        "OpportunityId": deal,
        "CreatedDate": _at(day),
        "StageName": stage,
        "Amount": amount,
        "CloseDate": close,
        "CurrencyIsoCode": currency,
        "Probability": "100" if stage == "Closed Won" else "10",
        "SystemModstamp": _at(day),
    }


def _change(deal: str, number: int, day: str, field: str, old: str, new: str) -> Row:
    return {
        "Id": f"017{deal}{number}",
        "OpportunityId": deal,
        "CreatedDate": _at(day),
        "Field": field,
        "OldValue": old,
        "NewValue": new,
        "IsDeleted": "0",
    }


# --- HubSpot: the first extract is everything, the others bring what changed ---------------------

CLOSES: Mapping[str, str] = {
    "zulu": "2026-05-01T01:30:00Z",
    "fraction": "2026-05-01T01:30:00.000Z",
    "offset": "2026-05-01T03:30:00+02:00",
    "plain": "2026-05-01 01:30:00",
    "millis": "1777599000000",
    "exponent": "1.777599E12",
    "day": "2026-04-30",
}
"""One moment, half past nine in the evening of 30 April in New York, as exports write it."""


def _hubspot(number: int) -> dict[str, list[Row]]:
    stages = {"talk": "0.2" if number == 0 else "0.4", "won": "1.0", "lost": "0.0"}
    if number:
        return {"deal_pipeline_stage": [_stage("talk", stages["talk"], DAYS[number])]}
    won = _at("2026-02-20", "13:00:00")
    moved = _at("2026-03-20", "13:00:00")
    return {
        "owner": [{"owner_id": owner} | _synced(DAYS[0]) for owner in ("1", "2")],
        "company": [],
        "deal_pipeline": [{"pipeline_id": "default", "label": "Sales"} | _synced(DAYS[0])],
        "deal_pipeline_stage": [
            _stage(name, probability, DAYS[0]) for name, probability in stages.items()
        ],
        "deal": [
            *(_deal(deal, "talk", "100") for deal in CLOSES),
            _deal("moved", "won", "400", owner="2") | {"property_closedate": won},
            _deal("pounds", "talk", "44"),
        ],
        "deal_property_history": [
            *(
                _property(deal, name, value, won)
                for deal, close in CLOSES.items()
                for name, value in (("dealstage", "talk"), ("amount", "100"), ("closedate", close))
            ),
            _property("moved", "amount", "400", won),
            _property("moved", "closedate", won, won),
            _property("moved", "dealstage", "won", won),
            _property("moved", "hubspot_owner_id", "1", won),
            _property("moved", "hubspot_owner_id", "2", moved),
            _property("pounds", "dealstage", "talk", won),
            _property("pounds", "amount", "44", won),
            _property("pounds", "deal_currency_code", "GBP", won),
            _property("pounds", "deal_currency_code", "USD", moved),
            _property("silent", "dealstage", "talk", won),
            _property("silent", "amount", "5", won),
        ],
    }


def _synced(day: date) -> dict[str, str]:
    return {"_fivetran_synced": f"{day} 10:00:00"}


def _stage(name: str, probability: str, day: date) -> Row:
    return {
        "stage_id": name,
        "pipeline_id": "default",
        "label": name,
        "display_order": str(["talk", "won", "lost"].index(name)),
        "probability": probability,
        "closed_won": str(name == "won").upper(),
        "is_closed": str(name != "talk").upper(),
        "_fivetran_deleted": "FALSE",
    } | _synced(day)


def _deal(deal: str, stage: str, amount: str, owner: str = "1") -> dict[str, str]:
    return {
        "deal_id": deal,
        "is_deleted": "false",
        "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": stage,
        "owner_id": owner,
        "property_dealname": deal,
        "property_amount": amount,
        "property_closedate": "2026-05-01 01:30:00",
        "property_createdate": "2026-02-20 08:00:00",
        "property_deal_currency_code": "USD",
    } | _synced(DAYS[0])


def _property(deal: str, name: str, value: str, changed_at: str) -> Row:
    return {"deal_id": deal, "name": name, "value": value, "timestamp": changed_at}
