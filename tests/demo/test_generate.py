"""The extracts are the same for everyone, and each holds the past of its day and no more."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.contracts.catalogue import load_contract
from pipelines.demo import LAST_DAY, generate
from pipelines.demo.clock import end_of_day
from pipelines.demo.simulate import CONNECTORS
from tests.demo.extracts import NO_LOOKUP, Delivery, Row

STAMPS = re.compile(r"(Date|Modstamp|Update)$")
DATES_OF_PLANS = {"CloseDate", "PrevCloseDate", "StartDate", "EndDate"}

REFERENCES = {
    "AccountId": "Account.csv",
    "CampaignId": "Campaign.csv",
    "ContactId": "Contact.csv",
    "ConvertedAccountId": "Account.csv",
    "ConvertedContactId": "Contact.csv",
    "ConvertedOpportunityId": "Opportunity.csv",
    "CreatedById": "User.csv",
    "LastAmountChangedHistoryId": "OpportunityHistory.csv",
    "LastCloseDateChangedHistoryId": "OpportunityHistory.csv",
    "LastModifiedById": "User.csv",
    "LeadId": "Lead.csv",
    "ManagerId": "User.csv",
    "OpportunityId": "Opportunity.csv",
    "OwnerId": "User.csv",
    "ParentRoleId": "UserRole.csv",
    "PricebookEntryId": "PricebookEntry.csv",
    "Product2Id": "Product2.csv",
    "UserRoleId": "UserRole.csv",
    "custbody_crm_opportunity_id": "Opportunity.csv",
    "externalid": "Account.csv",
    "sfdc_contact_id": "Contact.csv",
    "sfdc_id": "Campaign.csv",
    "sfdc_lead_id": "Lead.csv",
    "participant_id": "User.csv",
    "product_id": "Product2.csv",
}


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.csv"))
    }


def test_equal_arguments_give_equal_bytes_in_another_process(
    small: Delivery, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.demo import generate;"
        "generate(Path(sys.argv[1]), scale=0.1)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)
    assert fingerprint(tmp_path) == fingerprint(small.folder)


def test_another_seed_is_another_company(small: Delivery, tmp_path: Path) -> None:
    generate(tmp_path, seed=8, scale=0.1)
    other, known = fingerprint(tmp_path), fingerprint(small.folder)
    same = {name for name in other if other[name] == known.get(name)}
    drawn = ("Opportunity.", "OpportunityHistory.", "OpportunitySplit.", "Task.", "quotas.")
    drawn += ("netsuite_transaction", "marketo_lead", "google_ads_campaign_stats")
    assert not {name for name in same if name.split("/")[1].startswith(drawn)}


def test_a_day_is_delivered_the_same_whatever_was_delivered_before(
    small: Delivery, tmp_path: Path
) -> None:
    """What was delivered bit by bit is what one delivery at the end would have brought."""
    alone = Delivery(tmp_path, generate(tmp_path, scale=0.1, days=[LAST_DAY]))
    for file in alone.extracts.files:
        if file.source == "salesforce":
            whole, folded = alone.by_id(file.path.name), small.by_id(file.path.name)
            purged = folded.keys() - whole.keys()
            assert {name: folded[name] for name in whole} == whole, file.path.name
            assert all(folded[name]["IsDeleted"] == "1" for name in purged)
        elif file.source in CONNECTORS:
            keys = table_key(file.source, file.object)
            whole_table, folded_table = (
                {
                    tuple(row[name] for name in keys): row | {"_fivetran_synced": ""}
                    for row in delivery.table(file.path.stem, *keys)
                }
                for delivery in (alone, small)
            )
            assert whole_table == folded_table, file.path.name
        else:
            known = small.folder / str(LAST_DAY) / file.path.name
            assert file.path.read_bytes() == known.read_bytes()


def table_key(source: str, object_name: str) -> list[str]:
    rules = load_contract(source).objects[object_name]
    sources = {column.name: column.source for column in rules.columns}
    return [str(sources[name]) for name in rules.key]


def test_every_day_delivers_every_file_and_connectors_what_changed(small: Delivery) -> None:
    assert small.last == date(2026, 6, 30)
    assert len(small.extracts.days) == 4
    files = small.extracts.files
    assert all(file.path.is_file() for file in files)
    assert len({(file.source, file.object, file.day) for file in files}) == len(files)
    by_day = [
        {(file.source, file.object) for file in files if file.day == day}
        for day in small.extracts.days
    ]
    always = {key for key in by_day[0] if key[0] not in CONNECTORS}
    assert len(always) == 23
    assert len(by_day[0] - always) >= 25
    for later in by_day[1:]:
        assert always < later
        assert ("netsuite", "account") not in later, "nothing changed about the ledger's accounts"
        assert {("netsuite", "transaction"), ("google_ads", "campaign_stats")} < later


def stamps_of(row: Row) -> dict[str, datetime]:
    return {
        name: datetime.fromisoformat(value)
        for name, value in row.items()
        if STAMPS.search(name) and name not in DATES_OF_PLANS and value
    }


def test_times_are_whole_seconds(company: Delivery) -> None:
    for file in company.extracts.files:
        if file.day == company.last:
            text = file.path.read_bytes()
            assert not re.search(rb"\d\d:\d\d:\d\d\.(?!000)", text), file.path


def test_nothing_in_an_extract_was_recorded_after_its_day(small: Delivery) -> None:
    for day in small.extracts.days:
        cut = end_of_day(day)
        for file in small.extracts.files:
            if file.day == day and file.source == "salesforce":
                for row in small.rows(file.path.name, day):
                    late = {name: at for name, at in stamps_of(row).items() if at >= cut}
                    assert not late, f"{file.path}: {row['Id']} has {late}"


def test_finance_marketing_and_rates_know_nothing_of_the_future(small: Delivery) -> None:
    for day in small.extracts.days:
        quotas = small.rows("quotas.csv", day)
        for name in ("trandate", "closedate"):
            rows = small.table("netsuite_transaction", "id", day=day)
            assert max(row[name][:10] for row in rows) <= day.isoformat()
        approved = max(row["approved_at"] for row in quotas)
        assert datetime.fromisoformat(approved).replace(tzinfo=None) < end_of_day(day)
        for row in small.rows("territories.csv", day):
            assert max(row["valid_from"], row["valid_to"]) <= day.isoformat()
        stats = small.table("google_ads_campaign_stats", "_fivetran_id", day=day)
        assert max(row["date"] for row in stats) <= day.isoformat()
        for activity in ("send_email", "open_email"):
            rows = small.table(f"marketo_activity_{activity}", "id", day=day)
            last = datetime.fromisoformat(max(row["activity_date"] for row in rows))
            assert last < end_of_day(day)
        assert small.rows("eurofxref-hist.csv", day)[0]["Date"] <= day.isoformat()


def test_closed_deals_were_closed_in_the_past(small: Delivery) -> None:
    for day in small.extracts.days:
        for row in small.rows("Opportunity.csv", day):
            if row["IsClosed"] == "1":
                assert row["CloseDate"][:10] <= day.isoformat(), row["Id"]


def test_every_reference_resolves_on_every_day(small: Delivery) -> None:
    for day in small.extracts.days:
        known = {name: set(small.by_id(name, day)) for name in set(REFERENCES.values())}
        for file in small.extracts.files:
            if file.day != day:
                continue
            rows = small.rows(file.path.name, day)
            rows = [row for row in rows if row.get("_fivetran_deleted") != "TRUE"]
            for column, target in REFERENCES.items():
                if rows and column in rows[0]:
                    values = {row[column] for row in rows} - {NO_LOOKUP, ""}
                    lost = values - known[target]
                    assert not lost, f"{file.path}: {column} {sorted(lost)[:1]} not in {target}"


def test_an_opportunity_says_what_its_newest_history_row_says(small: Delivery) -> None:
    fields = ("StageName", "Amount", "CloseDate", "Probability", "ExpectedRevenue")
    for day in small.extracts.days:
        newest = {row["OpportunityId"]: row for row in small.rows("OpportunityHistory.csv", day)}
        deals = small.by_id("Opportunity.csv", day)
        assert newest.keys() == deals.keys()
        for deal_id, deal in deals.items():
            for name in (*fields, "ForecastCategory", "CurrencyIsoCode"):
                assert newest[deal_id][name] == deal[name], (deal_id, name)


def test_history_rows_chain_without_a_gap(small: Delivery) -> None:
    previous: dict[str, Row] = {}
    for row in small.rows("OpportunityHistory.csv"):
        before = previous.get(row["OpportunityId"])
        if before is None:
            assert row["FromOpportunityStageName"] == ""
        else:
            assert row["CreatedDate"] > before["CreatedDate"]
            assert row["FromOpportunityStageName"] == before["StageName"]
            assert (row["PrevAmount"], row["PrevCloseDate"]) == (
                before["Amount"],
                before["CloseDate"],
            )
        previous[row["OpportunityId"]] = row


def test_history_begins_with_the_deal(small: Delivery) -> None:
    first: dict[str, str] = {}
    for row in small.rows("OpportunityHistory.csv"):
        first.setdefault(row["OpportunityId"], row["CreatedDate"])
    deals = small.by_id("Opportunity.csv")
    assert first == {deal_id: deal["CreatedDate"] for deal_id, deal in deals.items()}


def test_lines_add_up_to_the_amount(small: Delivery) -> None:
    totals: dict[str, float] = {}
    for row in small.rows("OpportunityLineItem.csv"):
        deal = row["OpportunityId"]
        totals[deal] = totals.get(deal, 0.0) + float(row["TotalPrice"])
        assert float(row["Quantity"]) * float(row["UnitPrice"]) == float(row["TotalPrice"])
        assert 0.69 <= float(row["UnitPrice"]) / float(row["ListPrice"]) <= 1
    deals = small.by_id("Opportunity.csv")
    with_lines = {deal_id for deal_id, row in deals.items() if row["HasOpportunityLineItem"] == "1"}
    assert with_lines == totals.keys()
    assert all(float(deals[deal_id]["Amount"]) == total for deal_id, total in totals.items())


def test_expected_revenue_is_exact_to_the_cent(small: Delivery) -> None:
    for row in small.rows("Opportunity.csv"):
        if row["Amount"]:
            cents = round(float(row["ExpectedRevenue"]) * 100)
            assert cents == float(row["Amount"]) * float(row["Probability"]), row["Id"]


def test_a_changed_record_is_stamped_after_the_last_extract(small: Delivery) -> None:
    for before, after in pairwise(small.extracts.days):
        old = small.by_id("Opportunity.csv", before)
        for deal_id, row in small.by_id("Opportunity.csv", after).items():
            if deal_id in old and row != old[deal_id]:
                stamp = datetime.fromisoformat(row["SystemModstamp"])
                assert stamp >= end_of_day(before), deal_id


def test_successive_extracts_show_deletions_reversals_and_a_new_manager(company: Delivery) -> None:
    by_day = [company.by_id("Opportunity.csv", day) for day in company.extracts.days]
    in_bin = {deal for day in by_day for deal, row in day.items() if row["IsDeleted"] == "1"}
    were_there = {deal for deal in in_bin if by_day[0].get(deal, {}).get("IsDeleted") == "0"}
    un_won = {
        deal
        for deal, row in by_day[0].items()
        if row["IsWon"] == "1" and by_day[-1].get(deal, row)["IsWon"] == "0"
    }
    assert were_there, "some were deleted between two extracts"
    assert un_won
    first, last = (company.by_id("User.csv", company.extracts.days[i]) for i in (0, -1))
    moved = [user for user in first if first[user]["ManagerId"] != last[user]["ManagerId"]]
    left = [user for user in first if first[user]["IsActive"] > last[user]["IsActive"]]
    assert len(moved) >= 4
    assert len(left) >= 2
    assert last.keys() - first.keys(), "somebody was hired"


def test_google_restates_the_newest_days_and_nothing_older(small: Delivery) -> None:
    first, *later = small.extracts.days
    settled = {
        row["_fivetran_id"]: row for row in small.file_rows(first, "google_ads_campaign_stats.csv")
    }
    restated = 0
    for day in later:
        for row in small.file_rows(day, "google_ads_campaign_stats.csv"):
            before = settled.get(row["_fivetran_id"])
            if before is not None:
                assert int(row["cost_micros"]) >= int(before["cost_micros"])
                restated += 1
            settled[row["_fivetran_id"]] = row
    assert restated, "no day was restated"


def test_the_ad_systems_name_the_campaign_of_the_crm(company: Delivery) -> None:
    known = company.by_id("Campaign.csv")
    tables = ("google_ads_campaign_history", "linkedin_ads_campaign_history")
    for table in tables:
        rows = company.table(table, "id")
        assert len(rows) > 2
        for row in rows:
            name, _, campaign_id = row["name"].removesuffix("]").rpartition(" [")
            assert known[campaign_id]["Name"] == name
    programs = company.table("marketo_program", "id")
    assert {row["sfdc_id"] for row in programs} <= known.keys()


def test_marketo_knows_the_leads_of_the_crm_and_some_twice(company: Delivery) -> None:
    leads = company.table("marketo_lead", "id")
    by_crm = {row["sfdc_lead_id"]: row for row in leads if row["sfdc_lead_id"]}
    crm = {name: row for name, row in company.by_id("Lead.csv").items() if row["IsDeleted"] == "0"}
    assert crm.keys() <= by_crm.keys()
    for lead_id, row in crm.items():
        contact = row["ConvertedContactId"]
        assert by_crm[lead_id]["sfdc_contact_id"] == ("" if contact == NO_LOOKUP else contact)
    own = {row["id"] for row in leads if not row["sfdc_lead_id"]}
    merges = company.table("marketo_activity_merge_leads", "id")
    merged = {row["merge_ids"].strip("[]") for row in merges}
    assert merged
    assert merged <= own


def test_a_mail_is_sent_before_it_arrives_and_opened_before_a_link(company: Delivery) -> None:
    def by_mail(activity: str) -> dict[tuple[str, str], str]:
        return {
            (row["lead_id"], row["campaign_id"]): row["activity_date"]
            for row in company.table(f"marketo_activity_{activity}", "id")
        }

    sent, delivered, opened, clicked = map(
        by_mail, ("send_email", "email_delivered", "open_email", "click_email")
    )
    assert clicked.keys() < opened.keys() < delivered.keys() < sent.keys()
    assert 0.25 < len(opened) / len(delivered) < 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "scale must be positive"),
        ({"last_day": date(2024, 9, 1)}, "too short for a company"),
        ({"first_day": date(2021, 1, 1)}, "exchange rates start on 2021-01-04"),
        ({"days": [LAST_DAY + timedelta(days=1)]}, "1 extract days lie outside"),
    ],
    ids=["scale", "span", "start", "extract day"],
)
def test_an_impossible_company_is_refused(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        generate(tmp_path, **arguments)  # type: ignore[arg-type]  # a table of unlike arguments
