"""Seeded defects: each a small function that spoils extracts, the raw log, or built tables.

A defect is known by name, and by where it comes from: `X1` to `X14` are mistakes read in public
warehouses, `E9` those every warehouse meets. Whether a named blocking check stops it is found out
in `matrix`; nothing here knows the checks.

Those whose mart does not exist yet are in `NOT_YET`, by name.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.demo import LAST_DAY

Row = dict[str, str]
Stage = Literal["extract", "raw", "model"]
Spoil = Callable[[Path], None] | Callable[[duckdb.DuckDBPyConnection], None]


@dataclass(frozen=True)
class Defect:
    """One thing that goes wrong."""

    name: str
    stage: Stage
    spoil: Callable[..., None]
    """Takes the folder of the newest day's files, or a connection to the warehouse."""
    origin: str = ""
    stopped_by: str = ""
    """The check that must be among those that stop it, where one was made for it."""
    warns: bool = False
    """That check only warns: what it finds may be right."""


DEFECTS: list[Defect] = []
NOT_YET = {
    "X7 a value falls in no churn bucket": "bands are built with retention",
    "X8 a ratio is summed in an aggregate": "no public table aggregates ratios",
    "X9 a definition divides where the SQL adds": "days sales outstanding is not built",
    "X11 a movement class is unreachable": "recurring revenue is not built",
}
"""Defects of marts that are not built, and what they wait for."""


def defect(
    name: str, stage: Stage, origin: str = "", *, by: str = "", warns: bool = False
) -> Callable[[Callable[..., None]], None]:
    """Add the function below to the library."""

    def add(spoil: Callable[..., None]) -> None:
        DEFECTS.append(Defect(name, stage, spoil, origin, by, warns))

    return add


# Files ------------------------------------------------------------------------------------------


def rewrite(file: Path, change: Callable[[list[Row]], Iterable[Row]]) -> None:
    """Change the rows of a file in its own form."""
    is_export = file.name[0].isupper()
    encoding = "iso-8859-1" if is_export else "utf-8"
    reader = csv.DictReader(StringIO(file.read_text(encoding=encoding)))
    names = list(reader.fieldnames or [])
    rows = list(change(list(reader)))
    buffer = StringIO()
    quoting = csv.QUOTE_ALL if is_export else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(buffer, names, lineterminator="\n", quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    file.write_text(buffer.getvalue(), encoding=encoding)


def each(change: Callable[[Row], Row]) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [change(dict(row)) for row in rows]


def set_to(**values: str) -> Callable[[list[Row]], list[Row]]:
    return each(lambda row: row | values)


def deals_of(folder: Path) -> Path:
    return folder / "Opportunity.delta.csv"


def substitute(file: Path, old: bytes, new: bytes) -> None:
    data = file.read_bytes()
    assert old in data, f"{file.name} has no {old!r}: the defect would change nothing"
    file.write_bytes(data.replace(old, new))


def shifted(hours: int) -> Callable[[Row], Row]:
    def shift(row: Row) -> Row:
        moved = dict(row)
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp", "LastStageChangeDate"):
            if row.get(name):
                at = datetime.fromisoformat(row[name]) + timedelta(hours=hours)
                moved[name] = at.isoformat(" ")
        return moved

    return shift


@defect("a byte that no letter has", "extract", "E9 encoding error")
def _(folder: Path) -> None:
    # cp1252 has no letter for this byte.
    file = folder / "Account.delta.csv"
    file.write_bytes(file.read_bytes().replace(b"e", b"\x81", 1))


@defect("UTF-16 instead of latin-1", "extract", "E9 encoding error")
def _(folder: Path) -> None:
    file = deals_of(folder)
    file.write_bytes(file.read_bytes().decode("latin-1").encode("utf-16"))


@defect("amount and expected revenue change places", "extract", "E9 column swap")
def _(folder: Path) -> None:
    def swap(row: Row) -> Row:
        return row | {"Amount": row["ExpectedRevenue"], "ExpectedRevenue": row["Amount"]}

    rewrite(deals_of(folder), each(swap))


@defect("close date and creation change places", "extract", "E9 column swap")
def _(folder: Path) -> None:
    def swap(row: Row) -> Row:
        created = row["CreatedDate"]
        return row | {
            "CloseDate": f"{created[:10]} 00:00:00",
            "CreatedDate": f"{row['CloseDate'][:10]} 12:00:00",
        }

    rewrite(deals_of(folder), each(swap))


@defect("a column is missing", "extract")
def _(folder: Path) -> None:
    substitute(deals_of(folder), b'"StageName"', b'"Stage"')


@defect("an unknown column appears", "extract")
def _(folder: Path) -> None:
    file = deals_of(folder)
    lines = file.read_bytes().splitlines()
    file.write_bytes(
        b"\n".join([lines[0] + b',"Mood__c"', *(line + b',"fine"' for line in lines[1:])]) + b"\n"
    )


@defect("a stage was renamed", "extract", "E9 renamed stage")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), set_to(StageName="Verbal Commit (new)"))


@defect("an unknown forecast category", "extract", "X3")
def _(folder: Path) -> None:
    rewrite(
        deals_of(folder),
        set_to(ForecastCategory="Stretch", ForecastCategoryName="Stretch"),
    )


@defect("a type of deals nobody knows", "extract", by="dbt.opportunity_type_is_mapped")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), set_to(Type="Net New Logo"))


@defect("deals lose their currency", "extract", "E9 currency missing")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), set_to(CurrencyIsoCode=""))


@defect("quotas lose their currency", "extract", by="reconciliation.currencies_do_not_vanish")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", set_to(currency=""))


@defect("a currency nobody quotes", "extract")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), set_to(CurrencyIsoCode="XAU"))


@defect("amounts become cents", "extract", "E9 unit change")
def _(folder: Path) -> None:
    def to_cents(row: Row) -> Row:
        if not row["Amount"]:
            return row
        revenue = row["ExpectedRevenue"]
        return row | {
            "Amount": str(float(row["Amount"]) * 100),
            "ExpectedRevenue": str(float(revenue) * 100) if revenue else "",
        }

    rewrite(deals_of(folder), each(to_cents))


@defect("a negative amount", "extract", "E9 negative amount")
def _(folder: Path) -> None:
    def negate(row: Row) -> Row:
        return row | {"Amount": f"-{row['Amount']}"} if row["Amount"] else row

    rewrite(deals_of(folder), each(negate))


@defect("times are five hours early", "extract", "E9 tz shift")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), each(shifted(-5)))


@defect("times are nine hours late", "extract", "E9 tz shift")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), each(shifted(9)))


@defect("won deals close in a month to come", "extract", "E9 future close event")
def _(folder: Path) -> None:
    def later(row: Row) -> Row:
        if row["IsWon"] != "1":
            return row
        day = date.fromisoformat(row["CloseDate"][:10]) + timedelta(days=60)
        return row | {"CloseDate": f"{day} 00:00:00"}

    rewrite(deals_of(folder), each(later))


@defect("deals of a deleted owner", "extract", "E9 deleted owner")
def _(folder: Path) -> None:
    rewrite(deals_of(folder), set_to(OwnerId="005bm00000ZZZZZAA1"))


@defect("a split of a deal that is not there", "extract", "E9 orphan split")
def _(folder: Path) -> None:
    def orphan(rows: list[Row]) -> list[Row]:
        assert rows, "no split was delivered"
        lost = rows[0] | {"Id": "1Hkbm00000ZZZZZAA1", "OpportunityId": "006bm00000ZZZZZAA1"}
        return [*rows, lost]

    rewrite(folder / "OpportunitySplit.delta.csv", orphan)


@defect("a split of a type nobody delivered", "extract", by="dbt.split_type_is_known")
def _(folder: Path) -> None:
    rewrite(folder / "OpportunitySplit.delta.csv", set_to(SplitTypeId="1Hlbm0000000099CAA"))


@defect("splits lose their percentage", "extract", by="dbt.split_has_a_share")
def _(folder: Path) -> None:
    rewrite(folder / "OpportunitySplit.delta.csv", set_to(SplitPercentage=""))


@defect("two quotas of a seller overlap", "extract", "E9 overlapping quota")
def _(folder: Path) -> None:
    def overlap(rows: list[Row]) -> list[Row]:
        last = [row for row in rows if row["measure"] == "bookings"][-1]
        day = date.fromisoformat(last["period_start_on"])
        other = last | {
            "quota_id": "Q-overlap",
            "period_start_on": str(day + timedelta(days=30)),
            "period_end_on": str(day + timedelta(days=121)),
        }
        return [*rows, other]

    rewrite(folder / "quotas.csv", overlap)


def first_day(folder: Path, name: str) -> list[Row]:
    """Records the first day brought: the newest day's files only have what changed."""
    text = (folder.parent / "first" / name).read_text(encoding="iso-8859-1")
    return list(csv.DictReader(StringIO(text)))


def whole_export(folder: Path, name: str, keep: Callable[[list[Row]], list[Row]]) -> None:
    """In place of the changes of an object, the newest day brings all of it, less some records."""
    (folder / f"{name}.delta.csv").unlink()
    file = folder / f"{name}.csv"
    file.write_bytes((folder.parent / "first" / file.name).read_bytes())
    rewrite(file, keep)


@defect("a whole export lost the deals that are open", "extract", by="load.salesforce.opportunity")
def _(folder: Path) -> None:
    def closed(rows: list[Row]) -> list[Row]:
        return [row for row in rows if row["IsClosed"] == "1"]

    whole_export(folder, "Opportunity", closed)


@defect("a whole export lost its newest leads", "extract", by="load.salesforce.lead")
def _(folder: Path) -> None:
    def older(rows: list[Row]) -> list[Row]:
        by_age = sorted(rows, key=lambda row: row["CreatedDate"])
        return by_age[: -len(rows) // 50]

    whole_export(folder, "Lead", older)


@defect("the list of quotas ends before the newest period", "extract", by="load.finance.quota")
def _(folder: Path) -> None:
    def earlier(rows: list[Row]) -> list[Row]:
        newest = max(row["period_start_on"] for row in rows)
        return [row for row in rows if row["period_start_on"] < newest]

    rewrite(folder / "quotas.csv", earlier)


@defect("an amount has more decimal places than are kept", "extract", by="load.finance.quota")
def _(folder: Path) -> None:
    finer = each(lambda row: row | {"quota_amount": f"{row['quota_amount']}00004"})
    rewrite(folder / "quotas.csv", finer)


@defect("a time has nanoseconds", "extract", by="load.marketo.lead")
def _(folder: Path) -> None:
    finer = each(lambda row: row | {"updated_at": f"{LAST_DAY} 09:00:00.123456789"})
    rewrite(folder / "marketo_lead.csv", finer)


@defect("splits of a deal are more than the whole", "extract", by="dbt.splits_add_up_to_the_whole")
def _(folder: Path) -> None:
    def add(rows: list[Row]) -> list[Row]:
        won = next(row for row in first_day(folder, "Opportunity.csv") if row["IsWon"] == "1")
        known = first_day(folder, "OpportunitySplit.csv")
        own = next(row for row in known if row["OpportunityId"] == won["Id"])
        return [*rows, own | {"Id": "1Hk000000000001AAA", "SplitPercentage": "50.0"}]

    rewrite(folder / "OpportunitySplit.delta.csv", add)


@defect(
    "splits of a deal leave some of it to nobody", "extract", by="dbt.splits_add_up_to_the_whole"
)
def _(folder: Path) -> None:
    def add(rows: list[Row]) -> list[Row]:
        won = next(row for row in first_day(folder, "Opportunity.csv") if row["IsWon"] == "1")
        known = first_day(folder, "OpportunitySplit.csv")
        own = next(row for row in known if row["OpportunityId"] == won["Id"])
        return [*rows, own | {"SplitPercentage": "30.0"}]

    rewrite(folder / "OpportunitySplit.delta.csv", add)


@defect("a seller has no manager", "extract", by="dbt.participant_has_a_manager")
def _(folder: Path) -> None:
    def add(rows: list[Row]) -> list[Row]:
        seller = next(
            row
            for row in first_day(folder, "User.csv")
            if row["Title"] == "Account Executive" and row["IsActive"] == "1"
        )
        return [*rows, seller | {"ManagerId": "", "SystemModstamp": f"{LAST_DAY} 20:00:00"}]

    rewrite(folder / "User.delta.csv", add)


@defect("credit of somebody who had left", "extract", by="dbt.credit_goes_to_somebody_in_seat")
def _(folder: Path) -> None:
    def leave(row: Row) -> Row:
        is_old = row["valid_from"] < "2025-01-01" and not row["valid_to"]
        return row | {"valid_to": "2025-03-01"} if is_old else row

    rewrite(folder / "seats.csv", each(leave))


@defect("two seats of a seller overlap", "extract", by="dbt.seats_do_not_overlap")
def _(folder: Path) -> None:
    rewrite(folder / "seats.csv", lambda rows: [*rows, rows[0] | {"valid_from": "2026-01-01"}])


@defect("a seat is in a state nobody knows", "extract", by="dbt.seat_state_is_known")
def _(folder: Path) -> None:
    rewrite(folder / "seats.csv", lambda rows: [rows[0] | {"seat_state": "sick"}, *rows[1:]])


@defect("a ramp has no steps", "extract", by="dbt.ramp_schedule_is_known")
def _(folder: Path) -> None:
    def rename(row: Row) -> Row:
        return row | {"ramp_schedule_id": row["ramp_schedule_id"] and "ANOTHER"}

    rewrite(folder / "seats.csv", each(rename))


@defect("two tiers of a plan overlap", "extract", by="dbt.tiers_do_not_overlap")
def _(folder: Path) -> None:
    rewrite(
        folder / "comp_tiers.csv",
        each(lambda row: row | {"lower_pct": "0.9"} if row["lower_pct"] == "1" else row),
    )


@defect("a quota of a region that does not exist", "extract", by="dbt.quota_node_is_known")
def _(folder: Path) -> None:
    rewrite(
        folder / "quotas.csv",
        each(lambda row: row | {"node": "region/Moon"} if row["node"] == "region/EMEA" else row),
    )


@defect("a quota on something nobody measures", "extract", by="dbt.quota_measure_is_known")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", lambda rows: [rows[0] | {"measure": "smiles"}, *rows[1:]])


@defect("quotas in a status nobody knows", "extract", by="dbt.quota_status_is_known")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", set_to(status="Ready"))


@defect("a quota is of a seller and of a region", "extract", by="dbt.quota_has_a_participant")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", lambda rows: [rows[0] | {"node": "company"}, *rows[1:]])


@defect("quotas have no period", "extract")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", set_to(period_start_on="", period_end_on=""))


@defect("a negative quota", "extract")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", each(lambda row: row | {"quota_amount": "-1.00"}))


@defect("half of the quotas are missing", "extract", "E9 dropped batch")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", lambda rows: rows[: len(rows) // 2])


@defect("quotas of people nobody knows", "extract")
def _(folder: Path) -> None:
    rewrite(folder / "quotas.csv", each(lambda row: row | {"participant_id": ""}))


@defect("quotas ten times as high", "extract")
def _(folder: Path) -> None:
    rewrite(
        folder / "quotas.csv",
        each(lambda row: row | {"quota_amount": str(float(row["quota_amount"]) * 10)}),
    )


@defect("two managers are above each other", "extract", "E9 hierarchy cycle")
def _(folder: Path) -> None:
    first = folder.parent / "first" / "User.csv"
    with first.open(encoding="iso-8859-1", newline="") as opened:
        users = [row for row in csv.DictReader(opened) if row["IsActive"] == "1"]
    managers = {row["ManagerId"] for row in users}
    one, two = [row for row in users if row["Id"] in managers and row["ManagerId"].strip("0A")][:2]

    def circle(rows: list[Row]) -> list[Row]:
        stamp = {"SystemModstamp": _stamp_of(folder), "LastModifiedDate": _stamp_of(folder)}
        others = [row for row in rows if row["Id"] not in {one["Id"], two["Id"]}]
        return [
            *others,
            one | stamp | {"ManagerId": two["Id"]},
            two | stamp | {"ManagerId": one["Id"]},
        ]

    rewrite(folder / "User.delta.csv", circle)


def _stamp_of(folder: Path) -> str:
    """A moment of the delivered day."""
    return f"{folder.name} 15:00:00"


@defect("changes come under the name of a full extract", "extract")
def _(folder: Path) -> None:
    deals_of(folder).rename(folder / "Opportunity.csv")


@defect("a full extract of nothing but a header", "extract", "E9 dropped batch")
def _(folder: Path) -> None:
    file = deals_of(folder)
    header = file.read_bytes().split(b"\n")[0] + b"\n"
    file.unlink()
    (folder / "Opportunity.csv").write_bytes(header)


@defect("the deals of the day are missing, their history is there", "extract", "E9 dropped batch")
def _(folder: Path) -> None:
    deals_of(folder).unlink()


@defect("a file breaks off in the middle of a row", "extract")
def _(folder: Path) -> None:
    file = deals_of(folder)
    file.write_bytes(file.read_bytes()[: -file.stat().st_size // 3])


@defect("accounts under the name of deals", "extract")
def _(folder: Path) -> None:
    deals_of(folder).write_bytes((folder / "Account.delta.csv").read_bytes())


@defect("rates stopped a fortnight ago", "extract", "E9 stale FX")
def _(folder: Path) -> None:
    file = folder / "eurofxref-hist.csv"
    header, *lines = file.read_text().splitlines(keepends=True)
    ends = str(date.fromisoformat(max(lines)[:10]) - timedelta(days=14))
    file.write_text("".join([header, *(line for line in lines if line[:10] <= ends)]))


@defect("rates are upside down", "extract")
def _(folder: Path) -> None:
    file = folder / "eurofxref-hist.csv"
    lines = file.read_text().splitlines()
    names = lines[0].split(",")
    place = names.index("GBP")
    changed = [lines[0]]
    for line in lines[1:]:
        cells = line.split(",")
        if cells[place] not in {"", "N/A"}:
            cells[place] = f"{1 / float(cells[place]):.5f}"
        changed.append(",".join(cells))
    file.write_text("\n".join(changed) + "\n")


@defect("decimal commas", "extract")
def _(folder: Path) -> None:
    rewrite(
        folder / "quotas.csv",
        each(lambda row: row | {"quota_amount": row["quota_amount"].replace(".", ",")}),
    )


@defect("the same quota with another amount", "extract")
def _(folder: Path) -> None:
    rewrite(
        folder / "quotas.csv",
        lambda rows: [*rows, rows[-1] | {"quota_amount": "1.00"}],
    )


@defect("finance's totals differ", "extract")
def _(folder: Path) -> None:
    rewrite(
        folder / "seller_totals.csv",
        each(lambda row: row | {"credited_amount": str(float(row["credited_amount"]) + 1000)}),
    )


@defect("a seller in two territories at once", "extract")
def _(folder: Path) -> None:
    def doubled(rows: list[Row]) -> list[Row]:
        last = next(row for row in reversed(rows) if not row["valid_to"])
        other = next(row for row in rows if row["territory_id"] != last["territory_id"])
        twice = last | {name: other[name] for name in ("territory_id", "territory_name", "region")}
        return [*rows, twice]

    rewrite(folder / "territories.csv", doubled)


@defect("order lines are lost", "extract")
def _(folder: Path) -> None:
    rewrite(
        folder / "netsuite_transaction_line.csv",
        lambda rows: [row for row in rows if row["mainline"] == "T" or row["id"] != "1"],
    )


@defect("orders are doubled", "extract", "E9 duplicated batch")
def _(folder: Path) -> None:
    first = folder.parent / "first" / "netsuite_transaction.csv"
    with first.open(newline="") as opened:
        orders = [row for row in csv.DictReader(opened) if row["type"] == "SalesOrd"]
    copies = [row | {"id": str(int(row["id"]) + 5_000_000_000)} for row in orders]
    rewrite(folder / "netsuite_transaction.csv", lambda rows: [*rows, *copies])
    lines = folder.parent / "first" / "netsuite_transaction_line.csv"
    numbers = {row["id"] for row in orders}
    with lines.open(newline="") as opened:
        more = [
            row | {"transaction": str(int(row["transaction"]) + 5_000_000_000)}
            for row in csv.DictReader(opened)
            if row["transaction"] in numbers
        ]
    rewrite(folder / "netsuite_transaction_line.csv", lambda rows: [*rows, *more])


@defect("invoices in cents", "extract", "E9 unit change")
def _(folder: Path) -> None:
    first = folder.parent / "first"
    kinds = {}
    for name in (first, folder):
        with (name / "netsuite_transaction.csv").open(newline="") as opened:
            kinds |= {row["id"]: row["type"] for row in csv.DictReader(opened)}
    with (first / "netsuite_transaction_line.csv").open(newline="") as opened:
        lines = [row for row in csv.DictReader(opened) if kinds[row["transaction"]] == "CustInvc"]
    with (folder / "netsuite_transaction_line.csv").open(newline="") as opened:
        synced = next(csv.DictReader(opened))["_fivetran_synced"]

    def to_cents(rows: list[Row]) -> list[Row]:
        own = {(row["transaction"], row["id"]) for row in rows}
        again = [row for row in lines if (row["transaction"], row["id"]) not in own]
        return [
            row
            | {"foreignamount": str(float(row["foreignamount"]) * 100), "_fivetran_synced": synced}
            if kinds[row["transaction"]] == "CustInvc"
            else row
            for row in [*rows, *again]
        ]

    rewrite(folder / "netsuite_transaction_line.csv", to_cents)


@defect("spend in millionths", "extract", "E9 unit change")
def _(folder: Path) -> None:
    for name, column in (
        ("google_ads_campaign_stats.csv", "cost_micros"),
        ("linkedin_ads_ad_analytics_by_campaign.csv", "cost_in_local_currency"),
    ):
        rewrite(
            folder / name,
            each(lambda row, column=column: row | {column: str(int(float(row[column]) * 1e4))}),
        )


@defect(
    "mail addresses in the names of deals",
    "extract",
    by="reconciliation.personal_data_was_masked",
    warns=True,
)
def _(folder: Path) -> None:
    rewrite(deals_of(folder), set_to(Name="for jane.doe@customer.example"))


# Open state: nothing that is closed shows these ------------------------------------------------


def edited(folder: Path, name: str, change: Callable[[Row, int], Row | None]) -> None:
    """Records of an object are edited in the CRM before the newest day's export.

    Args:
        change: gives a record as it is then, None where it stays; its place counts those that were
            given before.
    """
    known = {row["Id"]: row for row in first_day(folder, f"{name}.csv")}

    def add(rows: list[Row]) -> list[Row]:
        newest = {row["Id"]: row for row in rows}
        for key, row in (known | newest).items():
            now = change(dict(row), len(newest))
            if now is not None:
                stamp = f"{LAST_DAY} 18:00:00"
                newest[key] = now | {"LastModifiedDate": stamp, "SystemModstamp": stamp}
        return list(newest.values())

    rewrite(folder / f"{name}.delta.csv", add)


def open_deals(folder: Path, change: Callable[[Row], Row], *, of: int = 1, least: int = 0) -> None:
    """Every so many of the open deals are edited."""
    counted = iter(range(1_000_000))

    def one(row: Row, _: int) -> Row | None:
        if row["IsClosed"] == "1" or row["IsDeleted"] == "1":
            return None
        return change(row) if next(counted) % of >= least else None

    edited(folder, "Opportunity", one)


WATCHED = "watch.open_deals"


@defect("half of the open deals go to one person", "extract", by=WATCHED)
def _(folder: Path) -> None:
    owner = first_day(folder, "Opportunity.csv")[-1]["OwnerId"]
    open_deals(folder, lambda row: row | {"OwnerId": owner}, of=2, least=1)


@defect("two in five open deals are flagged deleted", "extract", by=WATCHED)
def _(folder: Path) -> None:
    open_deals(folder, lambda row: row | {"IsDeleted": "1"}, of=5, least=3)


@defect("every open deal closes a year later", "extract", by=WATCHED)
def _(folder: Path) -> None:
    def later(row: Row) -> Row:
        day = date.fromisoformat(row["CloseDate"][:10]) + timedelta(days=365)
        return row | {"CloseDate": f"{day} 00:00:00"}

    open_deals(folder, later)


@defect("every open probability is 50 %", "extract", by=WATCHED)
def _(folder: Path) -> None:
    def even(row: Row) -> Row:
        revenue = f"{float(row['Amount']) / 2}" if row["Amount"] else ""
        return row | {"Probability": "50", "ExpectedRevenue": revenue}

    open_deals(folder, even)


@defect("every open deal is in commit", "extract", by=WATCHED)
def _(folder: Path) -> None:
    category = {"ForecastCategory": "Forecast", "ForecastCategoryName": "Commit"}
    open_deals(folder, lambda row: row | category)


@defect("one open deal is worth a thousandfold", "extract", by=WATCHED)
def _(folder: Path) -> None:
    left = [1]

    def thousandfold(row: Row) -> Row:
        if not row["Amount"] or not left:
            return row
        left.pop()
        amount = float(row["Amount"]) * 1000
        revenue = amount * float(row["Probability"]) / 100
        return row | {"Amount": str(amount), "ExpectedRevenue": str(revenue)}

    open_deals(folder, thousandfold)


@defect("the same CRM files come again as a new day", "extract", by=WATCHED, warns=True)
def _(folder: Path) -> None:
    for file in sorted((folder.parent / "first").iterdir()):
        if file.name[0].isupper():
            (folder / f"{file.stem}.delta.csv").unlink(missing_ok=True)
            (folder / file.name).write_bytes(file.read_bytes())


@defect("a seller's id is given to somebody else", "extract", by="watch.sellers")
def _(folder: Path) -> None:
    other = {
        "FirstName": "Quentin", "LastName": "Oyelaran", "Email": "quentin.oyelaran@veldrane.example"
    }  # fmt: skip
    owner = next(row for row in first_day(folder, "Opportunity.csv") if row["IsClosed"] == "0")

    def hand_over(row: Row, _: int) -> Row | None:
        return row | other if row["Id"] == owner["OwnerId"] else None

    edited(folder, "User", hand_over)


@defect("everybody reports to one manager", "extract", by="watch.sellers")
def _(folder: Path) -> None:
    [boss] = {row["Id"] for row in first_day(folder, "User.csv")[:1]}

    def report(row: Row, _: int) -> Row | None:
        return row | {"ManagerId": boss} if row["Id"] != boss else None

    edited(folder, "User", report)


@defect("the names of people are garbled", "extract", by="watch.sellers")
def _(folder: Path) -> None:
    def garble(row: Row, _: int) -> Row:
        return row | {name: row[name][::-1].encode().hex() for name in ("FirstName", "LastName")}

    edited(folder, "User", garble)


@defect("every account is there twice", "extract", by="watch.accounts")
def _(folder: Path) -> None:
    known = first_day(folder, "Account.csv")
    twins = [row | {"Id": f"001ZZ{row['Id'][5:]}"} for row in known]
    rewrite(folder / "Account.delta.csv", lambda rows: [*rows, *twins])


@defect("the names of accounts are garbled", "extract", by="watch.accounts")
def _(folder: Path) -> None:
    edited(folder, "Account", lambda row, _: row | {"Name": row["Name"][::-1].encode().hex()})


@defect("two products change places", "extract", by="watch.products")
def _(folder: Path) -> None:
    one, *_, other = [row for row in first_day(folder, "Product2.csv") if row["IsActive"] == "1"]
    names = {one["Id"]: other, other["Id"]: one}

    def swap(row: Row, _: int) -> Row | None:
        now = names.get(row["Id"])
        return now and row | {key: now[key] for key in ("Name", "ProductCode", "Description")}

    edited(folder, "Product2", swap)


@defect("list prices are tenfold", "extract", by="watch.prices")
def _(folder: Path) -> None:
    def tenfold(row: Row, _: int) -> Row:
        return row | {"UnitPrice": str(float(row["UnitPrice"]) * 10)}

    edited(folder, "PricebookEntry", tenfold)


@defect("the spend of one campaign is tenfold", "extract", by="watch.campaign_spend")
def _(folder: Path) -> None:
    def tenfold(rows: list[Row]) -> list[Row]:
        campaign = rows[0]["id"]
        return [
            row | {"cost_micros": f"{row['cost_micros']}0"} if row["id"] == campaign else row
            for row in rows
        ]

    rewrite(folder / "google_ads_campaign_stats.csv", tenfold)


def open_invoices(folder: Path, change: Callable[[Row], Row]) -> None:
    """The invoices of the first day that nobody has paid come again, as other ones."""
    open_ones = [
        change(row)
        for row in first_day(folder, "netsuite_transaction.csv")
        if row["type"] == "CustInvc" and not row["closedate"]
    ]

    def come_again(rows: list[Row]) -> list[Row]:
        changed = {row["id"] for row in rows}
        return [*rows, *(row for row in open_ones if row["id"] not in changed)]

    rewrite(folder / "netsuite_transaction.csv", come_again)


@defect("every open invoice is due a year later", "extract", by="watch.open_invoices")
def _(folder: Path) -> None:
    def later(row: Row) -> Row:
        day, _, rest = row["duedate"].partition(" ")
        year, _, month_day = day.partition("-")
        return row | {"duedate": f"{int(year) + 1}-{month_day} {rest}"}

    open_invoices(folder, later)


@defect("open invoices are one customer's", "extract", by="watch.open_invoices")
def _(folder: Path) -> None:
    [customer] = {row["entity"] for row in first_day(folder, "netsuite_transaction.csv")[:1]}
    open_invoices(folder, lambda row: row | {"entity": customer})


def open_quotas(folder: Path, change: Callable[[dict[str, Row]], Iterable[Row]]) -> None:
    """The quotas of bookings of the running period, by seller, are other ones."""

    def plan(rows: list[Row]) -> list[Row]:
        day = str(LAST_DAY)
        running = {
            row["participant_id"]: row
            for row in rows
            if row["measure"] == "bookings"
            and row["participant_id"]
            and row["period_start_on"] <= day < row["period_end_on"]
        }
        changed = {row["quota_id"]: row for row in change(running)}
        return [changed.get(row["quota_id"], row) for row in rows]

    rewrite(folder / "quotas.csv", plan)


@defect("the open quotas of one region are halved", "extract", by="watch.open_quotas")
def _(folder: Path) -> None:
    with (folder / "territories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    region = rows[0]["region"]
    people = {row["participant_id"] for row in rows if row["region"] == region}

    def halve(quotas: dict[str, Row]) -> Iterable[Row]:
        for person in people & quotas.keys():
            row = quotas[person]
            yield row | {"quota_amount": f"{float(row['quota_amount']) / 2:.2f}"}

    open_quotas(folder, halve)


@defect("two sellers' open quotas are exchanged", "extract", by="watch.open_quotas")
def _(folder: Path) -> None:
    def swap(quotas: dict[str, Row]) -> Iterable[Row]:
        by_amount = sorted(quotas.values(), key=lambda row: float(row["quota_amount"]))
        one, other = by_amount[len(by_amount) // 3], by_amount[-1]
        yield one | {"quota_amount": other["quota_amount"]}
        yield other | {"quota_amount": one["quota_amount"]}

    open_quotas(folder, swap)


@defect("two regions change places in the territories", "extract", by="watch.territories")
def _(folder: Path) -> None:
    def swap(rows: list[Row]) -> list[Row]:
        one, other, *_ = sorted({row["region"] for row in rows})
        places = {one: other, other: one}
        return [row | {"region": places.get(row["region"], row["region"])} for row in rows]

    rewrite(folder / "territories.csv", swap)


@defect(
    "the CRM's clock is one hour early",
    "extract",
    by="reconciliation.deals_keep_the_moment_of_their_creation",
    warns=True,
)
def _(folder: Path) -> None:
    for file in sorted(folder.iterdir()):
        if file.name[0].isupper():
            rewrite(file, each(shifted(-1)))


# The raw log ------------------------------------------------------------------------------------

DEALS = "raw.salesforce__opportunity"


def _newest(table: str) -> str:
    return f"_batch_id = (select max_by(_batch_id, _extracted_at) from {table})"


@defect("a batch is gone from the raw log", "raw", "E9 dropped batch")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(f"delete from {DEALS} where {_newest(DEALS)}")


@defect("a batch is twice in the raw log", "raw", "E9 duplicated batch")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(f"insert into {DEALS} select * from {DEALS} where {_newest(DEALS)}")


@defect("amounts were changed in the raw log", "raw")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(f"update {DEALS} set amount = amount * 1.01 where amount is not null")


@defect("one close date was changed in the raw log", "raw")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(
        f"update {DEALS} set close_date = close_date - 90 "
        f"where id = (select min(id) from {DEALS} where is_won)"
    )


@defect("rows of the raw log are marked deleted", "raw")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(f"update {DEALS} set _op = 'delete' where id like '%A'")


@defect("rows are filed a week later", "raw", "E9 tz shift")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(f"update {DEALS} set _recorded_at = _recorded_at + interval 7 day")


@defect("rows are filed a week earlier", "raw", "E9 tz shift")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(f"update {DEALS} set _recorded_at = _recorded_at - interval 7 day")


@defect("the raw log of quotas is empty", "raw", "E9 dropped batch")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from raw.finance__quota")


@defect("history rows lost their deal", "raw")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update raw.salesforce__opportunity_history set opportunity_id = null")


@defect("the ledger forgot its rejects", "raw")
def _(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("update control.batches set n_read = n_read + 7 where object = 'opportunity'")


# Built tables -----------------------------------------------------------------------------------

PUBLIC = "pipeline.fct_opportunity"


def sql(name: str, statement: str, origin: str = "", *, by: str = "") -> None:
    """A defect of a built table, as one statement."""

    def run(warehouse: duckdb.DuckDBPyConnection) -> None:
        rows = warehouse.execute(statement).fetchall()
        # A statement that changes rows tells how many.
        assert not rows or rows[0][0] != 0, f"'{name}' changes nothing"

    DEFECTS.append(Defect(name, "model", run, origin, by))


sql(
    "probabilities are not divided by a hundred",
    "update pipeline.fct_pipeline_snapshot set weighted_amount = weighted_amount * 100",
    "X1",
)
sql(
    "a stage is in a category nobody ranks",
    "update core.core_stage set default_forecast_category = 'Comit' where status = 'open'",
    by="dbt.stage_category_is_known",
)
sql("days to close are counted backwards", f"update {PUBLIC} set cycle_days = -cycle_days", "X2")
sql(
    "most likely falls under other",
    f"update {PUBLIC} set forecast_category = 'Other' where forecast_category = 'Most Likely'",
    "X3",
)
sql(
    "a snapshot day has a hole",
    "delete from pipeline.fct_pipeline_snapshot where opportunity_id like '%A' and snapshot_on = "
    "(select max(snapshot_on) from pipeline.fct_pipeline_snapshot where not is_latest)",
    "X4",
)
sql(
    "a snapshot day is missing",
    "delete from pipeline.fct_pipeline_snapshot where snapshot_on = (select max(snapshot_on) from "
    "pipeline.fct_pipeline_snapshot where is_weekly and not is_latest)",
    "X4",
)
sql(
    "win rates are nothing instead of unknown",
    "update pipeline.fct_win_rate set n_won = 0, n_closed = 0, win_rate_pct = 0 "
    "where win_rate_key = (select min(win_rate_key) from pipeline.fct_win_rate)",
    "X5",
)
sql(
    "snapshots show today's stage",
    "update pipeline.fct_pipeline_snapshot as s set stage = d.stage "
    f"from {PUBLIC} as d where s.opportunity_key = d.opportunity_key",
    "X6",
)
sql(
    "snapshots show an owner of another day",
    "update pipeline.fct_pipeline_snapshot set owner_id = manager_id where manager_id is not null",
    "X6",
)
sql("deals beyond a horizon vanish", f"delete from {PUBLIC} where close_on >= '2026-06-01'", "X10")
sql(
    "win rate over all deals",
    "update pipeline.fct_win_rate set n_closed = n_closed * 2 where n_closed > 0",
    "X13",
)
sql(
    "a late stage renumbers the keys",
    "update funnel.fct_stage_conversion set stage_conversion_key = "
    "(select min(stage_conversion_key) from funnel.fct_stage_conversion)",
    "X14",
)
sql("a join doubles the deals", f"insert into {PUBLIC} select * from {PUBLIC} where status = 'won'")
sql(
    "a join doubles deals under new keys",
    f"insert into {PUBLIC} by name select * replace (opportunity_key || '2' as opportunity_key) "
    f"from {PUBLIC} where status = 'open' limit 10",
)
sql(
    "an inner join loses deals", f"delete from {PUBLIC} where product_id is null and status = 'won'"
)
sql("amounts at another rate", f"update {PUBLIC} set amount = amount * 1.1 where currency <> 'USD'")
sql("probabilities in percent", f"update {PUBLIC} set probability_pct = probability_pct * 100")
sql("credit is lost", "delete from attainment.fct_credit where measure = 'bookings' and booked_on "
    ">= '2026-01-01'")  # fmt: skip
sql("credit is given twice", "update attainment.fct_credit set credit_amount = credit_amount * 2")
sql(
    "credit goes to somebody else",
    "update attainment.fct_credit set participant_id = (select min(participant_id) from "
    "attainment.fct_credit) where measure = 'bookings'",
)
sql(
    "a quota is joined twice",
    "update attainment.fct_quota_attainment set quota_amount = quota_amount * 2",
)
sql("an attainment is of something else", "update attainment.fct_quota_attainment set "
    "attainment_pct = attainment_pct + 0.1")  # fmt: skip
sql("quotas are lost", "delete from attainment.fct_quota where quota_id like '%1-1'")
sql(
    "a booking is there twice",
    "insert into attainment.fct_booking_event select * replace (booking_event_id || '2' as "
    "booking_event_id) from attainment.fct_booking_event limit 5",
    by="attainment.fct_booking_event.nobody_is_booked_twice",
)
sql("reversals are lost", "delete from attainment.fct_booking_event where event = 'reverse'")
sql(
    "bookings at the rate of another day",
    "update attainment.fct_booking_event set booked_amount = spot_amount * 1.01 "
    "where currency <> 'USD'",
    by="attainment.fct_booking_event.rates_are_applied",
)
sql(
    "a corrected rate is adjusted twice",
    "insert into attainment.fct_booking_event select * replace (booking_event_id || 'r' as "
    "booking_event_id, 'adjust' as event, 'rate' as reason, 0 as n_bookings, "
    "0 as amount_in_currency, 0.05 * plan_amount as amount, 0.05 * plan_amount as plan_amount, "
    "0 as booked_amount, 0 as spot_amount, recorded_at + interval 1 second as recorded_at) "
    "from attainment.fct_booking_event where event = 'book' and currency = 'EUR' limit 1",
    by="attainment.fct_booking_event.deals_are_worth_the_rate_known_last",
)
sql(
    "overlay credit is taken for direct",
    "update attainment.fct_credit set credit_type = 'direct', measure = 'bookings' "
    "where credit_type = 'overlay'",
    by="dbt.direct_credit_equals_bookings",
)
sql(
    "what quotas are held against is not the ledger",
    "update attainment.fct_achievement set achieved_amount = achieved_amount * 1.1 "
    "where measure = 'bookings'",
    by="dbt.bookings_achieved_equal_credit",
)
sql(
    "shared out quotas do not add up",
    "update core.core_quota_in_force set full_quota_amount = full_quota_amount * 1.01",
    "X12 prorated targets do not add up",
    by="dbt.quota_parts_add_up",
)
sql(
    "two quotas are in force on one day",
    "insert into attainment.fct_quota_in_force select * replace (quota_in_force_key || '2' as "
    "quota_in_force_key, known_from_on + 1 as known_from_on) from attainment.fct_quota_in_force",
    by="attainment.fct_quota_in_force.one_quota_at_a_time",
)
sql(
    "a team is counted twice",
    "update attainment.fct_quota_attainment_node set credit_amount = credit_amount * 2 "
    "where node_type = 'team'",
    by="reconciliation.node_children_add_up",
)
sql(
    "credit falls through the hierarchy",
    "update attainment.fct_quota_attainment_node set credit_amount = credit_amount * 0.9 "
    "where tree = 'org'",
    by="reconciliation.company_node_is_all_credit",
)
sql(
    "moves between teams are lost",
    "delete from attainment.fct_hierarchy_move",
    by="reconciliation.hierarchy_moves_explain_the_difference",
)
sql(
    "the pace is of another course",
    "update attainment.fct_booking_curve set expected_share_pct = expected_share_pct / 2",
    by="attainment.fct_booking_curve.the_last_day_expects_everything",
)
sql(
    "small groups are shown",
    "update attainment.fct_attainment_distribution set is_suppressed = true",
    by="attainment.fct_attainment_distribution.small_groups_are_hidden",
)
sql(
    "the next tier lies behind",
    "update attainment.fct_attainment_tier set credit_to_next_tier_amount = -1",
    by="attainment.fct_attainment_tier.next_tier_is_ahead",
)
sql(
    "a month of a quarter is lost",
    "update attainment.fct_linearity set month_1_amount = 0",
    by="attainment.fct_linearity.months_are_the_quarter",
)
sql(
    "products fan out credit",
    "insert into attainment.fct_credit_matrix select * replace (credit_matrix_key || '2' as "
    "credit_matrix_key, 'other' as product_id) from attainment.fct_credit_matrix",
    by="dbt.matrix_cells_equal_credit",
)
sql(
    "somebody is above themselves twice",
    "insert into core.core_org_closure select * from core.core_org_closure where distance = 1",
    by="dbt.nobody_is_above_somebody_twice",
)
sql(
    "a join in staging doubles some deals",
    "alter view staging.stg_salesforce__opportunity rename to stg_salesforce__opportunity_once; "
    "create view staging.stg_salesforce__opportunity as "
    "select * from staging.stg_salesforce__opportunity_once union all "
    "select * from staging.stg_salesforce__opportunity_once where opportunity_id like '%A'",
    by="dbt.staging_gives_each_version_once",
)
sql(
    "an order is compared with two deals",
    "insert into revenue.fct_booking_reconciliation by name select * replace "
    "(booking_reconciliation_key || '2' as booking_reconciliation_key) "
    "from revenue.fct_booking_reconciliation where order_code = 'matched' limit 1",
    by="reconciliation.orders_are_compared_once",
)
sql(
    "an invoice is compared with no deal",
    "update revenue.fct_booking_reconciliation set n_invoices = 0 where opportunity_id = "
    "(select min(opportunity_id) from revenue.fct_booking_reconciliation where n_invoices > 0)",
    by="reconciliation.invoices_are_compared_once",
)
sql(
    "orders lose their keys",
    "update revenue.fct_order set order_key = null where order_id like '%4'",
    by="dbt.fct_order_is_unique",
)
sql(
    "list prices lose their first day",
    "update core.core_product_price set valid_from = null",
    by="dbt.list_price_ranges_do_not_overlap",
)
sql(
    "deals of the past lose their amounts",
    "update core.core_opportunity_version set amount_in_currency = null where is_from_history",
    by="reconciliation.versions_say_what_history_said",
)
sql(
    "teams of one hierarchy are in none",
    "update attainment.fct_quota_attainment_node set hierarchy = null "
    "where node_type = 'team' and hierarchy = 'as_planned'",
    by="attainment.fct_quota_attainment_node.nothing_is_missing",
)
sql(
    "bookings lose their amounts at plan rate",
    "update attainment.fct_booking_event set plan_amount = null where not is_amount_missing",
    by="attainment.fct_booking_event.rates_are_applied",
)
sql(
    "ranges of a seller overlap",
    "update core.core_participant_version set valid_to = '9999-12-31'",
)
sql(
    "a seller who left is in a team named after their role",
    "update attainment.fct_quota_attainment set team = 'AE - ' || team where participant_id = "
    "(select min(participant_id) from attainment.fct_quota_attainment where team is not null)",
    by="reconciliation.teams_are_the_same_in_every_table",
)
sql(
    "teams are made up for everybody",
    "update shared.dim_participant_as_known set team = 'AE - ' || team",
    by="reconciliation.teams_are_delivered",
)
sql(
    "a snapshot has the team of today",
    "update pipeline.fct_pipeline_snapshot as shown set team = (select min(team) "
    "from shared.dim_participant where team <> shown.team) where not is_latest and owner_id = "
    "(select min(owner_id) from pipeline.fct_pipeline_snapshot where team is not null)",
    by="reconciliation.teams_are_the_same_in_every_table",
)
sql(
    "the forecast counts a deal in another team",
    "update forecast.fct_forecast set n_open = n_open + 1 where node_type = 'team' and node_name = "
    "(select min(node_name) from forecast.fct_forecast where node_type = 'team')",
    by="reconciliation.team_totals_are_the_same_in_every_table",
)
sql(
    "a territory has no first day",
    "update shared.bridge_territory_assignment set valid_from = null",
    by="shared.bridge_territory_assignment.range_is_forward",
)
sql(
    "sellers have two rows of today",
    "update shared.dim_participant set is_latest = true",
    by="dbt.everybody_is_somewhere_today",
)
sql(
    "a seller is known in two ways at one time",
    "update core.core_participant_version set known_from_on = '1900-01-01', "
    "known_to_on = '9999-12-31', valid_from = '1900-01-01', valid_to = '9999-12-31'",
    by="dbt.participant_ranges_do_not_overlap",
)
sql("an account is there twice", "insert into shared.dim_account select * from shared.dim_account")
sql(
    "more deals advance than enter",
    "update funnel.fct_stage_conversion set n_advanced = n_entered + 1 where n_entered > 0",
)
sql("leads are lost", "delete from funnel.fct_lead_conversion where lead_source = 'Web'")
sql(
    "a reopened deal falls out of its stage's win rate",
    "update forecast.fct_stage_win_rate set n_closed = n_closed - 1, "
    "win_rate_pct = n_won / (n_closed - 1) where stage = 'Needs Analysis'",
    by="reconciliation.stage_win_rates_are_of_the_deals_closed",
)
sql(
    "the pace learns from a quarter without its beginning",
    "update attainment.fct_booking_curve set n_reference_periods = n_reference_periods + 1",
    by="reconciliation.pace_learns_from_whole_quarters",
)
sql(
    "a truncated quarter passes for a whole one",
    "update pipeline.fct_win_rate set is_left_truncated = false",
    by="reconciliation.quarters_before_the_first_booking_are_marked",
)
sql(
    "one person's few deals have a win rate",
    "update pipeline.fct_win_rate set win_rate_pct = n_won / n_closed, is_suppressed = false; "
    "update pipeline.fct_win_rate set is_suppressed = true where node_type = 'team'",
    by="pipeline.fct_win_rate.rates_of_few_deals_are_withheld",
)
sql(
    "where all was lost, nobody knows what was won",
    "update pipeline.fct_win_rate set won_last_open_amount = null where n_won = 0",
    by="pipeline.fct_win_rate.value_won_is_known_where_nothing_was_won",
)
sql(
    "a node without a quota has closed it",
    "update attainment.fct_quota_attainment_node set attainment_state = 'closed' "
    "where quota_amount is null",
    by="attainment.fct_quota_attainment_node.a_state_is_of_the_quota_beside_it",
)
sql(
    "the currency a deal was open in has no rate",
    "update core.core_last_open_value set plan_rate = null, amount = null where currency <> 'USD'",
    by="dbt.last_open_value_has_a_rate",
)
sql(
    "a stage counts from a later entry",
    "update core.core_stage_entry set entered_on = entered_on + 30 where stage_status = 'open'",
    by="reconciliation.stages_are_entered_the_first_time",
)
sql(
    "an immature cohort has a rate",
    "update funnel.fct_stage_conversion set conversion_pct = n_advanced / n_entered "
    "where not is_mature",
    by="funnel.fct_stage_conversion.rates_are_of_whole_cohorts",
)
sql(
    "a cohort of survivors has a rate",
    "update funnel.fct_lead_conversion set conversion_pct = n_converted / n_leads "
    "where is_left_truncated",
    by="funnel.fct_lead_conversion.rates_are_of_whole_cohorts",
)
sql(
    "a source and no source are one group",
    "update funnel.fct_lead_conversion set lead_source = null where lead_source = 'Web'",
    by="funnel.fct_lead_conversion.no_source_is_said_by_its_own_column",
)
sql(
    "leads do not find the deals of another system",
    "update funnel.fct_lead_conversion set n_won = 0, won_amount = 0, lead_to_won_pct = "
    "case when lead_to_won_pct is not null then 0 end",
    by="reconciliation.won_leads_are_in_the_funnel",
)
sql(
    "stages of another company are published",
    "insert into shared.dim_stage select * replace (md5(stage_key) as stage_key, "
    "'elsewhere' as source_system) from shared.dim_stage",
    by="dbt.stages_are_of_enabled_sources",
)
sql(
    "a forecast forgets what is booked",
    "update forecast.fct_forecast set forecast_amount = forecast_amount / 2",
)
sql(
    "versions of a deal overlap",
    "update core.core_opportunity_version set known_from = known_from - interval 30 day",
)
sql(
    "versions of a deal leave a gap",
    "delete from pipeline.fct_opportunity_version where is_from_history and status = 'open' "
    "and opportunity_id like '%A'",
)
sql(
    "the history of some deals is left out",
    "delete from core.core_opportunity_version where is_from_history and opportunity_id like '%A'",
    by="reconciliation.history_arrives_in_core",
)
sql(
    "a deleted deal was never there",
    "update core.core_opportunity_version set is_deleted = true where is_from_history "
    "and opportunity_id like '%A'",
    by="reconciliation.deals_are_gone_when_it_was_known",
)
sql(
    "the past is in the currency of today",
    "update core.core_opportunity_version set currency = 'CHF' where is_from_history",
    by="reconciliation.versions_say_what_history_said",
)
sql(
    "a deal always was its present owner's",
    "update core.core_opportunity_version as past set owner_id = 'somebody' from "
    "core.core_opportunity_field_state as changed where past.is_from_history "
    "and changed.says_owner_id and past.opportunity_key = changed.opportunity_key",
    by="reconciliation.versions_say_what_history_said",
)
sql(
    "history cites the line of the record",
    "update pipeline.fct_opportunity_version as past set source_file = latest.source_file, "
    f"source_line = latest.source_line from {PUBLIC} as latest "
    "where past.is_from_history and past.opportunity_key = latest.opportunity_key "
    "and latest.source_file like '%/Opportunity.%'",
    by="reconciliation.history_is_cited_where_it_was_the_witness",
)
sql(
    "a forecast that is missing does not say why",
    "update forecast.fct_forecast set abstain_reason = null where is_abstained",
)
sql(
    "an increment missed some deals",
    "update core.core_opportunity set amount_in_currency = amount_in_currency + 1, "
    "amount = amount + 1 where status = 'open' and opportunity_id like '%A'; "
    f"update {PUBLIC} set amount_in_currency = amount_in_currency + 1, amount = amount + 1 "
    "where status = 'open' and opportunity_id like '%A'",
)
sql("deals cannot be traced", f"update {PUBLIC} set source_line = null")
sql("a public column is gone", f"alter table {PUBLIC} drop column next_step")
sql("a public column has another type", "alter table funnel.fct_spend alter spend_on type varchar")
sql("a public table is gone", "drop table funnel.fct_spend")
sql("a table lost most of its rows", "delete from funnel.fct_spend where spend_on > '2025-01-01'")
sql(
    "a closed quarter moved",
    "update core.core_opportunity set amount_in_currency = amount_in_currency * 1.05, "
    "amount = amount * 1.05 where status = 'won' and close_on < '2026-01-01'; "
    f"update {PUBLIC} set amount_in_currency = amount_in_currency * 1.05, amount = amount * 1.05 "
    "where status = 'won' and close_on < '2026-01-01'",
)
sql(
    "a mail address got into a public table",
    f"update {PUBLIC} set next_step = 'call jane.doe@customer.example' where status = 'open'",
)
sql(
    "orders keep their own currency",
    "update revenue.fct_order set subtotal_amount = subtotal_amount_in_currency, "
    "total_amount = total_amount_in_currency where currency <> 'USD'",
    by="reconciliation.documents_are_at_plan_rate",
)
sql(
    "list prices keep their own currency",
    "update shared.dim_product_price set list_price = list_price_in_currency",
    by="reconciliation.documents_are_at_plan_rate",
)
sql(
    "void invoices are overdue",
    "update revenue.fct_invoice set is_overdue = true where status = 'void'",
    by="revenue.fct_invoice.only_outstanding_invoices_are_overdue",
)
sql(
    "void invoices count",
    "update revenue.fct_invoice set is_counted = true where status = 'void'",
    by="revenue.fct_invoice.what_does_not_count_says_why",
)
sql(
    "void invoices are paid",
    "update revenue.fct_invoice set paid_on = due_on where status = 'void'",
    by="revenue.fct_invoice.what_does_not_count_is_not_paid",
)
sql(
    "credit memos of void invoices count",
    "update revenue.fct_invoice set status = 'void', is_counted = false, is_overdue = false, "
    "paid_on = null, excluded_reason = 'void' where invoice_id in (select min(credited_invoice_id) "
    "from revenue.fct_invoice)",
    by="revenue.fct_invoice.credit_memos_of_excluded_invoices_do_not_count",
)
sql(
    "credits are overdue",
    "update revenue.fct_invoice set invoice_amount_in_currency = -invoice_amount_in_currency, "
    "invoice_amount = -invoice_amount, net_amount_in_currency = -net_amount_in_currency, "
    "net_amount = -net_amount, tax_amount_in_currency = -tax_amount_in_currency, "
    "freight_amount_in_currency = -freight_amount_in_currency where is_overdue",
    by="revenue.fct_invoice.only_outstanding_invoices_are_overdue",
)
sql(
    "tax counts as sold",
    "update revenue.fct_invoice set tax_amount_in_currency = invoice_amount_in_currency * 0.2",
    by="revenue.fct_invoice.net_is_gross_without_tax_and_freight",
)
sql(
    "credit memos are lost",
    "delete from revenue.fct_invoice where document_type = 'credit_memo'",
    by="reconciliation.credit_memos_are_in_the_ledger",
)
sql(
    "credit memos add to what they take back",
    "update revenue.fct_invoice set invoice_amount = -invoice_amount, "
    "invoice_amount_in_currency = -invoice_amount_in_currency, net_amount = -net_amount, "
    "net_amount_in_currency = -net_amount_in_currency where document_type = 'credit_memo'",
    by="revenue.fct_invoice.credit_memos_are_negative",
)


@defect("a status of documents has a new code", "extract", by="dbt.document_status_is_mapped")
def _new_status_code(folder: Path) -> None:
    rewrite(
        folder / "netsuite_transaction.csv",
        lambda rows: [row | ({"status": "Q"} if row["type"] == "CustInvc" else {}) for row in rows],
    )


@defect("a type of items has a new name", "extract", by="dbt.types_of_document_lines_are_known")
def _new_item_type(folder: Path) -> None:
    rewrite(
        folder / "netsuite_transaction_line.csv",
        each(lambda row: row | ({"itemtype": "Offering"} if row["itemtype"] == "Service" else {})),
    )
