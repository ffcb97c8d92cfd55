"""What HubSpot says later of a deal's company and of activities does not change what was known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.transform.dbt_project import DbtProject
from pipelines.transform.increment import build
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("hubspot later")

FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)
MODELS = ("fct_opportunity_version", "fct_booking_event", "fct_quota_attainment", "fct_achievement")


def at(day: date) -> str:
    return f"{day} 10:00:00"


def stage(name: str, order: int, *, won: str = "FALSE", pipeline: str = "default") -> Row:
    return {
        "stage_id": name, "pipeline_id": pipeline, "label": name, "display_order": str(order),
        "probability": "1" if won == "TRUE" else "0.2", "closed_won": won, "is_closed": won,
        "_fivetran_deleted": "FALSE", "_fivetran_synced": at(FIRST),
    }  # fmt: skip


def deal(record: str, name: str, day: date) -> Row:
    return {
        "deal_id": record, "is_deleted": "false", "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": name, "owner_id": "1", "property_dealname": record,
        "property_amount": "200", "property_createdate": "2026-02-20 18:00:00",
        "property_closedate": "2026-03-01 16:00:00", "_fivetran_synced": at(day),
    }  # fmt: skip


def said(record: str, name: str, value: str, moment: str) -> Row:
    return {
        "deal_id": record, "name": name, "value": value, "timestamp": moment,
        "_fivetran_synced": moment,
    }  # fmt: skip


def company(record: str, of_deals: tuple[str, ...]) -> list[Row]:
    return [{"deal_id": each, "company_id": record, "type_id": "5"} for each in of_deals]


def meeting(record: str, day: str, outcome: str) -> Row:
    return {
        "engagement_id": record, "start_time": f"{day} 15:00:00", "end_time": f"{day} 16:00:00",
        "meeting_outcome": outcome, "property_hubspot_owner_id": "1",
        "_fivetran_synced": at(FIRST),
    }  # fmt: skip


def task(record: str, status: str) -> Row:
    return {
        "engagement_id": record, "type": "TASK", "property_hs_createdate": at(FIRST),
        "property_hs_timestamp": "2026-03-02 15:00:00", "property_hubspot_owner_id": "1",
        "property_hs_task_status": status, "property_hs_task_type": "TODO",
        "_fivetran_deleted": "FALSE", "_fivetran_synced": at(FIRST),
    }  # fmt: skip


def deliver(systems: Systems, day: date) -> None:
    """Land what comes on a day."""
    if day == FIRST:
        quota = {
            "quota_id": "Q", "participant_id": "1", "measure": "activities", "version": "1",
            "period_start_on": "2026-02-01", "period_end_on": "2026-05-01", "quota_amount": "100",
            "currency": "USD", "status": "approved", "approved_at": "2026-01-20T10:00:00Z",
        }  # fmt: skip
        systems.deliver(FIRST, "finance", quota=[quota])
        systems.deliver(
            FIRST,
            "hubspot",
            owner=[{"owner_id": "1", "first_name": "Cara", "last_name": "Dunn"}],
            deal_pipeline_stage=[
                stage("talk", 0),
                stage("won", 1, won="TRUE"),
                # Of the same ids as those of the first pipeline.
                stage("talk", 0, pipeline="renewals"),
                stage("won", 1, won="TRUE", pipeline="renewals"),
            ],
            deal=[
                *(deal("11", "talk", FIRST), deal("12", "won", FIRST), deal("13", "talk", FIRST)),
                deal("14", "talk", FIRST),
            ],
            deal_company=company("200", ("11", "12", "13")),
            engagement_meeting=[
                meeting("m1", "2026-03-02", "COMPLETED"),
                meeting("m2", "2026-03-02", "CANCELED"),
                meeting("m3", "2026-03-02", "no_show"),
                meeting("m4", "2026-04-02", "SCHEDULED"),
                # Nobody said what became of these; one is still to come.
                meeting("m5", "2026-03-02", ""),
                meeting("m6", "2026-04-02", ""),
            ],
            engagement_task=[task("t1", "NOT_STARTED"), task("t2", "COMPLETED"), task("t3", "")],
        )
    elif day == SECOND:
        # Deal 13 comes with its other company, the others do not.
        systems.deliver(
            SECOND,
            "hubspot",
            deal=[
                deal("13", "talk", SECOND),
                deal("14", "won", SECOND) | {"deal_pipeline_id": "renewals"},
            ],
            deal_property_history=[
                said("14", "dealstage", "talk", "2026-03-04 08:00:00"),
                said("14", "pipeline", "default", "2026-03-04 08:00:00"),
                said("14", "dealstage", "won", at(SECOND)),
                said("14", "pipeline", "renewals", at(SECOND)),
            ],
            # The first line is of a company that deal 12 has, too, and is not named by.
            deal_company=[*company("300", ("12",)), *company("100", ("11", "12", "13"))],
        )
    else:
        systems.deliver(THIRD, "hubspot", deal=[deal("11", "won", THIRD)])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """Built once, of all three days."""
    systems = Systems.of(tmp_path_factory.mktemp("later"), "hubspot", "finance")
    for day in (FIRST, SECOND, THIRD):
        deliver(systems, day)
    systems.build(*MODELS)
    return systems


VERSIONS = (
    "select opportunity_id, known_from_on, account_id, stage "
    "from pipeline.fct_opportunity_version order by all"
)


def test_a_deal_has_the_company_that_was_known(whole: Systems) -> None:
    found = whole.rows(VERSIONS)
    assert {account for name, day, account, _ in found if day < SECOND and name != "14"} == {"200"}
    assert {deal for deal, day, *_ in found if day < SECOND} == {"11", "12", "13", "14"}
    assert [row for row in found if row[1] >= SECOND and row[0] != "14"] == [
        ("11", SECOND, "100", "talk"),
        ("11", THIRD, "100", "won"),
        ("12", SECOND, "100", "won"),
        ("13", SECOND, "100", "talk"),
    ]


def test_another_company_cites_the_line_that_names_it(whole: Systems) -> None:
    assert whole.rows(
        "select versions.opportunity_id, told.deal_id, told.company_id "
        "from pipeline.fct_opportunity_version as versions "
        "inner join raw.hubspot__deal_company as told "
        "on versions.source_file = told._file and versions.source_line = told._line "
        f"where versions.known_from_on = '{SECOND}' order by all"
    ) == [("11", "11", "100"), ("12", "12", "100")]


def test_a_deal_was_in_the_stage_of_the_pipeline_it_was_in(whole: Systems) -> None:
    stages = [(day, name) for deal, day, _, name in whole.rows(VERSIONS) if deal == "14"]
    assert {name for day, name in stages if day < SECOND} == {"talk"}
    assert {name for day, name in stages if day >= SECOND} == {"renewals/won"}


def test_a_booking_passes_to_the_other_company_by_events_of_its_own(whole: Systems) -> None:
    assert whole.rows(
        "select distinct reason, account_id from attainment.fct_booking_event "
        f"where opportunity_id = '12' and recorded_on = '{SECOND}' order by all"
    ) == [("account", "100"), ("account", "200")]


def test_what_was_called_off_or_is_still_to_come_is_not_done(whole: Systems) -> None:
    """Held: m1 and m5, which nobody called off; done: t2 and t3, of which nobody said more."""
    assert whole.rows(
        "select cast(credit_amount as int) from attainment.fct_quota_attainment "
        "where measure = 'activities'"
    ) == [(4,)]


def test_built_day_by_day_it_says_the_same(whole: Systems, tmp_path: Path) -> None:
    systems = Systems.of(tmp_path, "hubspot", "finance")
    for day in (FIRST, SECOND, THIRD):
        deliver(systems, day)
        systems.load()
        outcome, _ = build(DbtProject(systems.company), tests=False)
        assert outcome.success
    assert systems.rows(VERSIONS) == whole.rows(VERSIONS)
