"""The company everyone gets behaves like one: its numbers lie in believable bands."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from statistics import mean, median

import polars as pl
import pytest

from pipelines.demo.clock import local_day, quarter
from pipelines.demo.rates import build_rates
from tests.demo.extracts import NO_LOOKUP, Delivery, Row

COMPLETE_UNTIL = date(2026, 5, 1)
"""Start of the fiscal quarter in which the last extract lies."""


def day(text: str) -> date:
    return date.fromisoformat(text[:10])


@pytest.fixture(scope="module")
def deals(company: Delivery) -> list[Row]:
    return [row for row in company.rows("Opportunity.csv") if row["IsDeleted"] == "0"]


@pytest.fixture(scope="module")
def won(deals: list[Row]) -> list[Row]:
    return [row for row in deals if row["IsWon"] == "1"]


@pytest.fixture(scope="module")
def attainment(company: Delivery, won: list[Row]) -> dict[tuple[str, date], tuple[float, float]]:
    """Bookings at plan rate and the quota that counts, by seller and complete fiscal quarter."""
    rates = build_rates(7, COMPLETE_UNTIL)
    booked: dict[tuple[str, date], float] = defaultdict(float)
    for row in won:
        start = quarter(day(row["CloseDate"])).starts_on
        year_start = date(start.year - (start.month < 2), 2, 1)
        if row["Amount"] and start < COMPLETE_UNTIL:
            currency = row["CurrencyIsoCode"]
            rate = 1.0 if currency == "USD" else rates.to_dollars(currency, year_start)
            booked[row["OwnerId"], start] += float(row["Amount"]) * rate
    sellers = {row["Id"] for row in company.rows("User.csv") if row["Title"] == "Account Executive"}
    quotas = pl.read_parquet(company.folder / "truth" / "quota" / "*.parquet")
    in_force = {name: float(amount) for name, amount in quotas["quota_id", "amount"].iter_rows()}
    return {
        key: (booked[key], in_force[row["quota_id"]])
        for row in company.rows("quotas.csv")
        if (key := (row["participant_id"], day(row["period_start_on"])))[0] in sellers
        and key[1] < COMPLETE_UNTIL
    }


@pytest.mark.parametrize(
    ("file_name", "low", "high"),
    [
        ("Opportunity.csv", 4_700, 5_300),
        ("OpportunityHistory.csv", 45_000, 55_000),
        ("Lead.csv", 8_500, 9_700),
        ("Account.csv", 750, 850),
        ("Contact.csv", 1_600, 2_400),
        ("Campaign.csv", 28, 40),
        ("CampaignMember.csv", 5_000, 9_000),
        ("Task.csv", 17_000, 22_000),
        ("Product2.csv", 12, 12),
        ("PricebookEntry.csv", 36, 36),
        ("User.csv", 60, 90),
    ],
)
def test_counts(company: Delivery, file_name: str, low: int, high: int) -> None:
    assert low <= len(company.rows(file_name)) <= high


def test_about_fifty_sellers_work_in_eight_teams(company: Delivery) -> None:
    roles = company.by_id("UserRole.csv")
    sellers = [
        row
        for row in company.rows("User.csv")
        if row["Title"] == "Account Executive" and row["IsActive"] == "1"
    ]
    assert 42 <= len(sellers) <= 58
    teams = {row["UserRoleId"] for row in sellers}
    assert len(teams) == 8
    assert {roles[roles[team]["ParentRoleId"]]["Name"] for team in teams} == {
        "AMER",
        "EMEA",
        "APAC",
    }


def test_win_rate(deals: list[Row], won: list[Row]) -> None:
    closed = [row for row in deals if row["IsClosed"] == "1"]
    assert 0.25 <= len(won) / len(closed) <= 0.30


def test_cycle_of_won_deals(won: list[Row]) -> None:
    cycles = [(day(row["CloseDate"]) - day(row["CreatedDate"])).days for row in won]
    assert 62 <= median(cycles) <= 80
    assert min(cycles) >= -1, "a day's difference is the time zone's"


def test_amounts(deals: list[Row]) -> None:
    amounts = [float(row["Amount"]) for row in deals if row["Amount"]]
    assert 25_000 <= median(amounts) <= 35_000
    assert 0.01 <= 1 - len(amounts) / len(deals) <= 0.03
    assert min(amounts) > 1_000
    assert max(amounts) < 600_000


def test_wins_crowd_at_the_end_of_quarters(won: list[Row]) -> None:
    complete = [row for row in won if day(row["CloseDate"]) < COMPLETE_UNTIL]
    late = [
        row
        for row in complete
        if quarter(day(row["CloseDate"])).next_starts_on - day(row["CloseDate"])
        <= timedelta(days=14)
    ]
    assert 0.25 <= len(late) / len(complete) <= 0.45, "15 % would be no season"


def test_most_won_deals_were_pushed(company: Delivery, won: list[Row]) -> None:
    pushed = {
        row["OpportunityId"]
        for row in company.rows("OpportunityHistory.csv")
        if row["PrevCloseDate"] and row["CloseDate"] > row["PrevCloseDate"]
    }
    assert 0.6 <= len(pushed & {row["Id"] for row in won}) / len(won) <= 0.9


def test_one_lead_in_five_becomes_a_deal(company: Delivery) -> None:
    leads = company.rows("Lead.csv")
    converted = [row for row in leads if row["ConvertedOpportunityId"] != NO_LOOKUP]
    assert 0.17 <= len(converted) / len(leads) <= 0.23


def test_some_past_due_some_reversed_some_unpaid(company: Delivery, deals: list[Row]) -> None:
    day_before = company.extracts.days[-2].isoformat()
    open_then = [
        row
        for row in company.rows("Opportunity.csv", company.extracts.days[-2])
        if row["IsClosed"] == "0"
    ]
    past_due = [row for row in open_then if row["CloseDate"][:10] < day_before]
    assert 0.01 <= len(past_due) / len(open_then) <= 0.15
    reversals = {
        row["OpportunityId"]
        for row in company.rows("OpportunityHistory.csv")
        if (row["FromOpportunityStageName"], row["StageName"]) == ("Closed Won", "Closed Lost")
    }
    assert 10 <= len(reversals) <= 60
    assert sum(row["NextStep"] == "" for row in deals) > 100
    transactions = company.table("netsuite_transaction", "id")
    states = {row["status"] for row in transactions if row["type"] == "CustInvc"}
    assert states == {"A", "B", "V"}


def test_the_company_reaches_about_nine_tenths_of_its_quotas_each_quarter(
    attainment: dict[tuple[str, date], tuple[float, float]],
) -> None:
    quarters = sorted({start for _, start in attainment})
    assert len(quarters) == 7
    for start in quarters:
        booked, quota = (
            sum(pair[i] for key, pair in attainment.items() if key[1] == start) for i in (0, 1)
        )
        assert 0.84 <= booked / quota <= 0.96, f"{start}: {booked / quota:.3f}"


def test_sellers_differ(attainment: dict[tuple[str, date], tuple[float, float]]) -> None:
    by_seller: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (seller, _), pair in attainment.items():
        by_seller[seller].append(pair)
    rates = sorted(
        sum(booked for booked, _ in pairs) / sum(quota for _, quota in pairs)
        for pairs in by_seller.values()
        if len(pairs) >= 4
    )
    assert 0.35 <= rates[len(rates) // 20] <= 0.75
    assert 1.0 <= rates[-1] <= 1.5
    assert 0.8 <= mean(rates) <= 0.98


def test_a_manager_answers_for_less_than_the_team(company: Delivery) -> None:
    users = company.by_id("User.csv")
    by_title: dict[str, float] = defaultdict(float)
    for row in company.rows("quotas.csv"):
        if row["period_start_on"] == "2026-02-01" and row["participant_id"]:
            by_title[users[row["participant_id"]]["Title"]] += float(row["quota_amount"])
    assert by_title["VP Sales"] < by_title["Sales Manager"] < by_title["Account Executive"]


def test_a_relieved_quota_is_a_second_version(company: Delivery) -> None:
    versions = [row for row in company.rows("quotas.csv") if row["version"] == "2"]
    assert len(versions) == 2
    assert not [
        row for row in company.rows("quotas.csv", company.extracts.days[0]) if row["version"] == "2"
    ]
    ids = [row["quota_id"] for row in company.rows("quotas.csv")]
    assert len(ids) == len(set(ids))


def test_days_are_those_of_the_company() -> None:
    assert local_day(datetime(2026, 6, 30, 3, 59)) == date(2026, 6, 29)
    assert local_day(datetime(2026, 6, 30, 4, 0)) == date(2026, 6, 30)
    assert local_day(datetime(2026, 1, 31, 4, 30)) == date(2026, 1, 30)


def test_a_new_seller_has_a_full_quota_on_paper_and_a_ramp(company: Delivery) -> None:
    quotas = pl.read_parquet(company.folder / "truth" / "quota" / "*.parquet")
    ramped = quotas.filter(pl.col("amount") < pl.col("full_amount"))
    assert 5 <= len(ramped) <= 40
    on_paper = {row["quota_id"]: row for row in company.rows("quotas.csv")}
    assert {on_paper[name]["basis"] for name in ramped["quota_id"] if name in on_paper} == {"full"}
    seats = {row["participant_id"]: row for row in company.rows("seats.csv")}
    assert any(seats[name]["ramp_schedule_id"] for name in ramped["participant_id"])
    assert [row["ramp_pct"] for row in company.rows("ramp_schedules.csv")] == [
        "0.25",
        "0.5",
        "0.75",
    ]


def test_the_parts_of_the_company_have_quotas_of_their_own(company: Delivery) -> None:
    rows = [row for row in company.rows("quotas.csv") if row["node"]]
    assert {row["node"] for row in rows} == {"company", "region/AMER", "region/APAC", "region/EMEA"}
    assert all(not row["participant_id"] for row in rows)
