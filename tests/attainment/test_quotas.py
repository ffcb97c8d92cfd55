"""Quotas as planning and the CRM write them down: small, and worked out by hand."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from pipelines.quality.dbt_tests import results_from_run
from pipelines.quality.results import CheckResult
from pipelines.transform.dbt_project import DbtProject
from tests.deployment import Deployment
from tests.sources.world import DEMO, Systems

pytestmark = pytest.mark.xdist_group("quotas")

FIRST, SECOND, THIRD = date(2026, 3, 31), date(2026, 5, 31), date(2026, 6, 30)
STAMP = {"system_modstamp": "2026-01-05 12:00:00"}


def planned(key: str, holder: str, amount: str, approved_at: str, **more: str) -> dict[str, str]:
    return {
        "quota_id": key,
        "participant_id": holder,
        "measure": "bookings",
        "period_start_on": "2026-02-01",
        "period_end_on": "2026-05-01",
        "quota_amount": amount,
        "currency": "USD",
        "version": "1",
        "status": "approved",
        "approved_at": approved_at,
        "basis": "full",
        **more,
    }


VERSIONS = {
    "005G": {"10": "10", "9": "9"},
    "005H": {"12": "v12", "8": "V8"},
    "005I": {"110": "1.10", "19": "1.9"},
}
"""By seller, versions approved at one moment, the highest first; each quota has another amount."""
STATUSES = {
    "Approved": True,
    " APPROVED": True,
    "Pending_Approval": False,
    "superseded": False,
    "Ready": None,
}
"""What planning calls a quota, and whether that means approved; None where nobody knows."""


@pytest.fixture(scope="module")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Quotas of finance: one is corrected, one gets a new version, one seller's seat is learnt."""
    systems = Systems.of(tmp_path_factory.mktemp("planning"), "finance", salesforce="connector")
    quotas = [
        planned("A", "005A", "100", "2026-01-20T17:00:00Z"),
        planned("B", "005B", "200", "2026-01-21T17:00:00Z"),
        planned("C-1", "005C", "300", "2026-01-22T17:00:00Z"),
        planned("D", "005D", "400", "2026-01-23T17:00:00Z"),
        planned("F", "005F", "600", "2026-08-01T17:00:00Z", status="approved"),
        *(
            planned(f"G-{version}", holder, version, "2026-01-20T17:00:00Z", version=label)
            for holder, labels in VERSIONS.items()
            for version, label in labels.items()
        ),
        *(
            planned(f"S-{status}", "005J", "1", "2026-01-20T17:00:00Z", status=status)
            | {"measure": f"bookings_{number}"}
            for number, status in enumerate(STATUSES)
        ),
    ]
    seats = [{"participant_id": "005D", "seat_state": "active", "valid_from": "2024-01-01"}]
    systems.deliver(
        FIRST,
        "salesforce",
        user=[{"id": f"005{letter}", "last_name": letter} | STAMP for letter in "ABCDEFGHIJ"],
        opportunity=[],
    )
    systems.deliver(FIRST, "finance", quota=quotas, seat=seats)
    seat_of_a = {"participant_id": "005A", "seat_state": "active", "valid_from": "2024-01-01"}
    quotas[1] |= {"quota_amount": "250"}
    quotas += [
        planned("C-2", "005C", "330", "2026-05-05T17:00:00Z", version="2"),
        planned("E", "005E", "500", "2026-01-24T17:00:00Z"),
    ]
    systems.deliver(SECOND, "finance", quota=quotas, seat=[*seats, seat_of_a])
    # The seat of D turns out to have begun within the quarter, which takes from the quota.
    seats[0] |= {"valid_from": "2026-03-18"}
    systems.deliver(THIRD, "finance", quota=quotas, seat=[*seats, seat_of_a])
    systems.build("fct_quota", "fct_quota_in_force")
    return systems


def test_a_quota_is_known_from_when_it_was_told_and_not_from_when_a_seat_was(
    planning: Systems,
) -> None:
    """The first delivery is taken to have been known at its approval, later ones when they came."""
    assert planning.rows(
        "select quota_id, known_from_on, is_in_force from attainment.fct_quota "
        "where quota_id < 'G' order by quota_id"
    ) == [
        ("A", date(2026, 1, 20), True),
        ("B", SECOND, True),
        ("C-1", date(2026, 1, 22), False),
        ("C-2", SECOND, True),
        ("D", date(2026, 1, 23), True),
        ("E", SECOND, True),
        ("F", date(2026, 8, 1), False),
    ]


def test_what_changes_nothing_about_a_quota_in_force_begins_no_range(planning: Systems) -> None:
    """A's seat covers the whole period; D's, from 18 March, is 44 of 89 days."""
    assert planning.rows(
        "select participant_id, known_from_on, known_to_on, quota_amount "
        "from attainment.fct_quota_in_force where participant_id in ('005A', '005D') "
        "order by all"
    ) == [
        ("005A", date(2026, 1, 20), date(9999, 12, 31), 100),
        ("005D", date(2026, 1, 23), THIRD, 400),
        ("005D", THIRD, date(9999, 12, 31), pytest.approx(197.75, abs=0.01)),
    ]


def test_of_two_versions_the_higher_number_is_in_force(planning: Systems) -> None:
    assert planning.rows(
        "select participant_id, quota_id from attainment.fct_quota "
        "where is_in_force and quota_id like 'G-%' order by all"
    ) == [(holder, f"G-{next(iter(labels))}") for holder, labels in VERSIONS.items()]


def test_a_status_is_read_however_it_is_spelled_and_an_unknown_one_refused(
    planning: Systems,
) -> None:
    assert dict(
        planning.rows(
            "select status, is_in_force from attainment.fct_quota where quota_id like 'S-%'"
        )
    ) == {status.strip(): bool(is_approved) for status, is_approved in STATUSES.items()}
    [found] = checked(planning, "quota_status_is_known").values()
    assert (found.status, found.severity, found.n_failed) == ("fail", "block", 1)
    assert "S-Ready" in (found.example or "")
    assert "status=Ready" in (found.example or "")
    assert "seed_quota_status.csv" in found.next_step


def forecast_quota(holder: str, start: str, amount: int) -> dict[str, str]:
    return {
        "id": f"0Q{holder}{start}",
        "quota_owner_id": holder,
        "start_date": start,
        "quota_amount": str(amount),
        "currency_iso_code": "USD",
        "is_quantity": "false",
        "created_date": "2025-12-15 12:00:00",
        "system_modstamp": "2025-12-15 12:00:00",
    }


def won(key: str, owner: str, amount: int, day: str) -> dict[str, str]:
    return {
        "id": key,
        "name": key,
        "account_id": "001A",
        "owner_id": owner,
        "stage_name": "Closed Won",
        "amount": str(amount),
        "currency_iso_code": "USD",
        "close_date": day,
        "is_closed": "true",
        "is_won": "true",
        "created_date": "2026-01-12 15:00:00",
        "system_modstamp": f"{day} 22:00:00",
    }


def user(key: str, manager: str = "", at: str = "2026-01-05 12:00:00") -> dict[str, str]:
    return {
        "id": key,
        "last_name": key,
        "manager_id": manager,
        "user_role_id": "00E",
        "is_active": "true",
        "system_modstamp": at,
    }


def split(key: str, deal: str, holder: str, kind: str, pct: int, amount: int) -> dict[str, str]:
    return {
        "id": key,
        "opportunity_id": deal,
        "split_owner_id": holder,
        "split_type_id": kind,
        "split_percentage": str(pct),
        "split_amount": str(amount),
        "currency_iso_code": "USD",
        "is_deleted": "false",
        "system_modstamp": "2026-02-20 22:00:00",
    }


def split_type(key: str, field: str, *, whole: bool, active: bool = True) -> dict[str, str]:
    return {
        "id": key,
        "developer_name": key,
        "master_label": key,
        "is_active": str(active).lower(),
        "is_total_validated": str(whole).lower(),
        "split_field": field,
        **STAMP,
    }


MONTHS = [f"2026-{month:02d}-01" for month in range(2, 13) if month != 6]
QUARTERS = ["2026-02-01", "2026-05-01", "2026-08-01", "2026-11-01"]


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Quotas of Salesforce, monthly for sellers and quarterly for who leads them.

    V leads M, M leads A, B and P, P leads X. P sells on a quota of their own. Y, and Z who is new,
    join B in May.
    N sells with the engineers S and T, whose shares come by several types of splits.
    """
    folder = tmp_path_factory.mktemp("crm")
    (folder / "reference").mkdir()
    (folder / "reference" / "opportunity_types.csv").write_text(
        "source_system,opportunity_type,deal_type\n"
        "salesforce,Net New Logo,new\n"
        "salesforce,Existing Business,renewal\n"
    )
    company = Deployment.of(
        DEMO,
        folder,
        sources={"salesforce": {"format": "connector"}, "finance": {}},
        policies={"personal_quotas": ["005P"]},
        reference="reference",
    ).company
    company.paths.warehouse.mkdir()
    systems = Systems(folder, company)
    systems.deliver(
        FIRST,
        "salesforce",
        user_role=[{"id": "00E", "name": "North"} | STAMP],
        account=[{"id": "001A", "name": "Alder", "is_deleted": "false"} | STAMP],
        user=[
            user("005V"),
            user("005M", "005V"),
            user("005A", "005M"),
            user("005B", "005M"),
            user("005P", "005M"),
            user("005X", "005P"),
            user("005Y"),
            *(user(f"005{letter}") for letter in "NST"),
        ],
        opportunity_split_type=[
            split_type("Revenue", "Amount", whole=True),
            split_type("Services", "Services_Amount__c", whole=True),
            split_type("ARR", "ARR__c", whole=False),
            split_type("Retired", "Amount", whole=False, active=False),
            split_type("Seasonal", "Amount", whole=False),
        ],
        opportunity_split=[
            split("1HkA", "006S", "005N", "Revenue", 100, 100000),
            split("1HkB", "006S", "005S", "ARR", 100, 24000),
            split("1HkC", "006S", "005T", "Retired", 50, 50000),
            split("1HkD", "006S", "005N", "Services", 25, 2000),
            split("1HkE", "006S", "005S", "Services", 75, 6000),
            split("1HkF", "006S", "005T", "Seasonal", 10, 10000),
            split("1HkG", "006T", "005T", "Seasonal", 10, 700),
            split("1HkH", "006R", "005S", "ARR", 100, 9000),
        ],
        forecasting_quota=[
            *(forecast_quota("005A", start, 10000) for start in MONTHS),
            forecast_quota("005B", "2026-02-01", 90000),
            forecast_quota("005B", "2026-12-01", 20000),
            forecast_quota("005P", "2026-12-01", 40000),
            *(forecast_quota("005M", start, 150000) for start in QUARTERS),
            *(forecast_quota("005V", start, 160000) for start in QUARTERS),
        ],
        opportunity=[
            won("006F", "005A", 60000, "2026-02-20"),
            won("006G", "005B", 40000, "2026-02-21"),
            won("006O", "005M", 20000, "2026-02-22"),
            won("006S", "005N", 100000, "2026-02-20"),
            won("006R", "005N", 30000, "2026-02-20"),
            won("0061", "005N", 1000, "2026-02-20") | {"type": "Net New Logo"},
            won("0062", "005N", 2000, "2026-02-20") | {"type": "New Business"},
            won("0063", "005N", 4000, "2026-02-20") | {"type": "Existing Business"},
            won("0064", "005N", 8000, "2026-02-20") | {"type": "Mystery"},
        ],
    )
    systems.deliver(
        FIRST,
        "finance",
        quota=[
            planned("N", "005N", "3000", "2026-01-20T17:00:00Z", measure="new_logo_bookings"),
            planned("S", "005S", "24000", "2026-01-20T17:00:00Z", measure="overlay_bookings"),
            planned("S2", "005S", "8000", "2026-01-20T17:00:00Z", measure="bookings_services"),
        ],
    )
    systems.deliver(
        SECOND,
        "salesforce",
        user=[user(key, "005B", "2026-05-31 12:00:00") for key in ("005Y", "005Z")],
        # Not won after all, and a type of splits that is used no more.
        opportunity=[
            won("006Y", "005A", 5000, "2026-05-20"),
            won("006R", "005N", 30000, "2026-02-20")
            | {"stage_name": "Closed Lost", "is_won": "false"}
            | {"system_modstamp": "2026-05-30 22:00:00"},
        ],
        opportunity_split_type=[
            split_type("Seasonal", "Amount", whole=False, active=False)
            | {"system_modstamp": "2026-05-30 12:00:00"}
        ],
    )
    systems.deliver(
        date(2027, 1, 5),
        "salesforce",
        opportunity=[
            won("006T", "005N", 7000, "2026-06-10"),
            won("006J", "005A", 7000, "2026-06-20"),
            won("006K", "005A", 100, "2026-12-30"),
            won("006L", "005A", 250000, "2026-12-31"),
            won("006N", "005P", 10000, "2026-12-30"),
        ],
    )
    systems.build(
        "fct_quota",
        "fct_quota_in_force",
        "fct_quota_attainment",
        "fct_quota_attainment_node",
        "fct_booking_event",
        "fct_credit",
        "fct_achievement",
        "core_opportunity_split",
    )
    return systems


def attainment(systems: Systems, participant: str) -> list[tuple[object, ...]]:
    return systems.rows(
        "select measure, period_start_on, period_end_on, quota_amount, credit_amount "
        f"from attainment.fct_quota_attainment where participant_id = '{participant}' "
        "and credit_amount <> 0 order by period_start_on"
    )


def test_a_monthly_quota_ends_with_its_month_also_the_last_and_before_a_hole(crm: Systems) -> None:
    found = attainment(crm, "005A")
    assert found == [
        ("bookings", date(2026, 2, 1), date(2026, 3, 1), 10000, 60000),
        ("bookings", date(2026, 5, 1), date(2026, 6, 1), 10000, 5000),
        ("bookings", date(2026, 12, 1), date(2027, 1, 1), 10000, 250100),
    ]
    assert crm.rows(
        "select credit_state, quota_key is null, credit_amount from attainment.fct_credit "
        "where opportunity_id = '006J'"
    ) == [("no_quota", True, 7000)]


def test_a_leaders_quota_is_the_teams_with_their_own_deals(crm: Systems) -> None:
    """60,000 and 40,000 of the team, 20,000 of the manager."""
    quarter = (date(2026, 2, 1), date(2026, 5, 1))
    assert attainment(crm, "005M")[0] == ("team_bookings", *quarter, 150000, 120000)
    assert attainment(crm, "005V")[0] == ("team_bookings", *quarter, 160000, 120000)
    assert crm.rows(
        "select node_key, quota_amount, street_quota_amount, credit_amount, attainment_pct "
        "from attainment.fct_quota_attainment_node where hierarchy = 'as_was' "
        "and tree = 'management' and period_start_on = date '2026-02-01' "
        "and period_end_on = date '2026-05-01' and node_key in ('manager/005M', 'manager/005V') "
        "order by node_key"
    ) == [
        ("manager/005M", 150000, 0, 120000, pytest.approx(0.8)),
        ("manager/005V", 160000, 0, 120000, pytest.approx(0.75)),
    ]
    assert crm.rows(
        "select credit_state from attainment.fct_credit where opportunity_id = '006O'"
    ) == [("in_quota",)]


def test_street_quota_is_the_sellers_own_and_what_a_leader_declares_personal(crm: Systems) -> None:
    """December: 10,000 of A, 40,000 of P; the 20,000 of B, who leads since May, are a team's."""
    assert crm.rows(
        "select node_key, street_quota_amount from attainment.fct_quota_attainment_node "
        "where hierarchy = 'as_was' and period_start_on = date '2026-12-01' "
        "and node_key in ('company', 'manager/005M') order by node_key"
    ) == [("company", 50000), ("manager/005M", 50000)]
    assert attainment(crm, "005P") == [
        ("bookings", date(2026, 12, 1), date(2027, 1, 1), 40000, 10000)
    ]


def test_whoever_comes_to_lead_has_a_teams_quota_from_when_that_was_known(crm: Systems) -> None:
    assert crm.rows(
        "select measure, period_start_on, known_from_on, known_to_on, quota_amount "
        "from attainment.fct_quota_in_force where participant_id = '005B' order by all"
    ) == [
        ("bookings", date(2026, 2, 1), date(2025, 12, 15), date(9999, 12, 31), 90000),
        ("bookings", date(2026, 12, 1), date(2025, 12, 15), SECOND, 20000),
        ("team_bookings", date(2026, 12, 1), SECOND, date(9999, 12, 31), 20000),
    ]
    # The quota itself was known all the time.
    assert crm.rows(
        "select measure, known_from_on from attainment.fct_quota where participant_id = '005B' "
        "order by period_start_on"
    ) == [("bookings", date(2025, 12, 15)), ("team_bookings", date(2025, 12, 15))]


def credited(systems: Systems, deal: str) -> list[tuple[object, ...]]:
    return systems.rows(
        "select participant_id, credit_type, measure, sum(credit_amount) "
        f"from attainment.fct_credit where opportunity_id = '{deal}' group by all "
        "having sum(credit_amount) <> 0 order by all"
    )


def test_a_split_of_another_field_credits_the_amount_that_came_with_it(crm: Systems) -> None:
    """Types that are the whole of an amount add up by themselves; the retired one gives nothing."""
    assert credited(crm, "006S") == [
        ("005N", "direct", "bookings", 100000),
        ("005N", "split", "bookings_services", 2000),
        ("005S", "overlay", "overlay_bookings", 24000),
        ("005S", "split", "bookings_services", 6000),
        ("005T", "overlay", "overlay_bookings", 10000),
    ]
    quarter = (date(2026, 2, 1), date(2026, 5, 1))
    assert sorted(attainment(crm, "005S")) == [
        ("bookings_services", *quarter, 8000, 6000),
        ("overlay_bookings", *quarter, 24000, 24000),
    ]


def test_a_deal_that_is_not_won_after_all_takes_the_splits_amount_back(crm: Systems) -> None:
    assert credited(crm, "006R") == []
    assert crm.rows(
        "select recorded_on, credit_amount from attainment.fct_credit "
        "where opportunity_id = '006R' and participant_id = '005S' order by all"
    ) == [(date(2026, 2, 20), 9000), (date(2026, 5, 30), -9000)]


def test_a_deactivated_type_credits_no_later_booking(crm: Systems) -> None:
    """Seasonal was deactivated on 30 May: the deal of February keeps it, that of June has none."""
    assert credited(crm, "006T") == [("005N", "direct", "bookings", 7000)]


def test_what_a_type_of_deals_means_is_the_companys(crm: Systems) -> None:
    """1,000 by the company's file and 2,000 by default; a type it has renamed is a renewal."""
    assert crm.rows(
        "select opportunity_id, deal_type from attainment.fct_booking_event "
        "where opportunity_id in ('0061', '0062', '0063') order by all"
    ) == [("0061", "new"), ("0062", "new"), ("0063", "renewal")]
    assert attainment(crm, "005N") == [
        ("new_logo_bookings", date(2026, 2, 1), date(2026, 5, 1), 3000, 3000)
    ]


def checked(systems: Systems, *names: str) -> dict[str, CheckResult]:
    project = DbtProject(systems.company)
    outcome = project.build(*names, models=False)
    with duckdb.connect(str(systems.company.warehouse_file)) as connection:
        results = results_from_run(outcome.result, connection)
    return {result.check_id: result for result in results}


def test_a_type_nobody_mapped_is_refused_and_shares_add_up(crm: Systems) -> None:
    found = checked(
        crm,
        "opportunity_type_is_mapped",
        "splits_add_up_to_the_whole",
        "direct_shares_are_the_whole",
        "direct_credit_equals_bookings",
        "quota_measure_is_known",
        "personal_quota_is_of_somebody_known",
        "split_has_a_share",
    )
    unmapped = found.pop("dbt.opportunity_type_is_mapped")
    assert (unmapped.status, unmapped.severity, unmapped.n_failed) == ("fail", "block", 1)
    assert "opportunity_type=Mystery" in (unmapped.example or "")
    assert "opportunity_types.csv" in unmapped.next_step
    assert {name: result.status for name, result in found.items()} == dict.fromkeys(found, "pass")
    assert len(found) == 6
