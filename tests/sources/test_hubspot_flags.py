"""What HubSpot says outright counts before what can be concluded: closed, primary, a name."""

from __future__ import annotations

from datetime import date

import pytest

from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("hubspot later")

DAY = date(2026, 3, 2)
SYNCED = {"_fivetran_synced": "2026-03-02 10:00:00"}


def stage(name: str, probability: str, won: str, closed: str) -> Row:
    return SYNCED | {
        "stage_id": name, "pipeline_id": "default", "label": name, "display_order": "0",
        "probability": probability, "closed_won": won, "is_closed": closed,
        "_fivetran_deleted": "FALSE",
    }  # fmt: skip


def deal(record: str, owner: str) -> Row:
    return SYNCED | {
        "deal_id": record, "is_deleted": "false", "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": "parked", "owner_id": owner, "property_dealname": record,
        "property_amount": "200", "property_createdate": "2026-02-20 18:00:00",
        "property_closedate": "2026-03-30 16:00:00",
    }  # fmt: skip


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(tmp_path_factory.mktemp("flagged"), "hubspot")
    systems.deliver(
        DAY,
        "hubspot",
        owner=[
            SYNCED | {"owner_id": "1", "first_name": "", "last_name": ""},
            SYNCED | {"owner_id": "2", "first_name": "A", "last_name": "B"},
        ],
        deal_pipeline_stage=[
            stage("parked", "0.0", "FALSE", "FALSE"),
            stage("sure", "1.0", "FALSE", "FALSE"),
            stage("gone", "0.2", "FALSE", "TRUE"),
            stage("won", "1.0", "TRUE", "TRUE"),
            # Of an export that has no flags.
            stage("old won", "1.0", "", ""),
            stage("old lost", "0.0", "", ""),
            stage("old open", "0.4", "", ""),
        ],
        deal=[deal("11", "1"), deal("12", "2")],
        deal_company=[
            {"deal_id": "11", "company_id": "100", "type_id": "341"},
            {"deal_id": "11", "company_id": "200", "type_id": "5"},
            {"deal_id": "12", "company_id": "300", "type_id": "341"},
            {"deal_id": "12", "company_id": "400", "type_id": "341"},
        ],
    )
    systems.build("fct_opportunity", "dim_stage")
    return systems


def test_a_stage_is_closed_where_it_says_so(flagged: Systems) -> None:
    assert dict(flagged.rows("select stage, status from shared.dim_stage")) == {
        "parked": "open",
        "sure": "open",
        "gone": "lost",
        "won": "won",
        "old won": "won",
        "old lost": "lost",
        "old open": "open",
    }


def test_a_deal_is_of_its_primary_company(flagged: Systems) -> None:
    assert flagged.rows(
        "select opportunity_id, account_id, owner_name from pipeline.fct_opportunity order by 1"
    ) == [("11", "200", "1"), ("12", "300", "A B")]
