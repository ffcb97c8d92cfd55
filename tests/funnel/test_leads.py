"""Leads of a CRM that books nothing itself, and the deals of another that they became."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.assets.reconcile import FOLDER
from pipelines.quality.reconciliation import load_reconciliations
from pipelines.transform.dbt_project import entity_sources
from tests.sources.deals import deal
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("leads")

AS_OF = date(2026, 5, 31)
N_WEB, N_FAIR = 41, 22
SYNCED = {"_fivetran_synced": "2026-05-31 10:00:00"}


def _lead(
    name: str, source: str, on: date, waited: int | None = None, names: str | None = None
) -> Row:
    return {
        "id": name,
        "lead_source": source,
        "created_date": f"{on} 15:00:00",
        "system_modstamp": f"{on} 15:00:00",
        "is_converted": str(waited is not None).lower(),
        "is_deleted": "false",
        "converted_date": "" if waited is None else str(on + timedelta(days=waited)),
        "converted_opportunity_id": names or "",
    }


def _leads() -> list[Row]:
    march, april = date(2025, 3, 3), date(2025, 4, 3)
    return [
        # All three became one deal, two of them by the name of one that was merged into it.
        _lead("third", "Partner", march, 9, "OLDER"),
        _lead("second", "Partner", march, 3, "OLD"),
        _lead("first", "Web", march, 1, "H1"),
        *(_lead(f"web{n}", "Web", march) for n in range(N_WEB - 1)),
        *(_lead(f"fair{n}", "Fair", april, 2) for n in range(N_FAIR)),
    ]


def _stage(name: str, order: int, probability: str, *, is_closed: bool) -> Row:
    return {
        "pipeline_id": "default",
        "stage_id": name,
        "label": name,
        "display_order": str(order),
        "probability": probability,
        "is_closed": str(is_closed).upper(),
        "closed_won": str(probability == "1.0").upper(),
        "_fivetran_deleted": "FALSE",
    } | SYNCED


def _hub_deal(name: str, closed_on: str, amount: int) -> Row:
    return {
        "deal_id": name,
        "is_deleted": "false",
        "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": "won",
        "owner_id": "1",
        "property_dealname": name,
        "property_amount": str(amount),
        "property_createdate": "2024-02-10 15:00:00",
        "property_closedate": f"{closed_on} 15:00:00",
    } | SYNCED


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(tmp_path_factory.mktemp("leads"), "hubspot", salesforce="connector")
    systems.deliver(
        AS_OF,
        "salesforce",
        user=[],
        lead=_leads(),
        opportunity=[deal("open", "Prospecting", 10, "2025-02-10 15:00:00")],
    )
    systems.deliver(
        AS_OF,
        "hubspot",
        deal_pipeline=[{"pipeline_id": "default", "label": "Sales"} | SYNCED],
        deal_pipeline_stage=[
            _stage("talk", 0, "0.2", is_closed=False),
            _stage("won", 1, "1.0", is_closed=True),
            _stage("lost", 2, "0.0", is_closed=True),
        ],
        deal=[
            _hub_deal("H0", "2024-06-14", 5),
            _hub_deal("H1", "2025-03-20", 90),
            _hub_deal("OLD", "2025-03-20", 90),
            _hub_deal("OLDER", "2025-03-20", 90),
        ],
        merged_deal=[
            {"deal_id": "OLD", "merged_deal_id": "OLDER"} | SYNCED,
            {"deal_id": "H1", "merged_deal_id": "OLD"} | SYNCED,
        ],
    )
    systems.build("fct_lead_conversion", "fct_opportunity_version", "fct_opportunity")
    return systems


def test_a_lead_follows_its_deal_through_merges(leads: Systems) -> None:
    assert leads.rows(
        "select lead_id, opportunity_id, opportunity_source_system, is_opportunity_unknown "
        "from core.core_lead_outcome where opportunity_key is not null order by all"
    ) == [
        ("first", "H1", "hubspot", False),
        ("second", "H1", "hubspot", False),
        ("third", "H1", "hubspot", False),
    ]


def test_the_funnel_agrees_with_the_deals_that_leads_name(leads: Systems) -> None:
    [won_leads] = [
        each
        for each in load_reconciliations(FOLDER, entity_sources(leads.company))
        if each.name == "won_leads_are_in_the_funnel"
    ]
    assert leads.rows(won_leads.sql) == []


def test_a_deal_that_several_leads_became_is_worth_its_value_once(leads: Systems) -> None:
    assert leads.rows(
        "select lead_source, n_leads, n_won, n_unknown_opportunity, won_amount "
        "from funnel.fct_lead_conversion order by all"
    ) == [("Fair", N_FAIR, 0, 0, 0), ("Partner", 2, 2, 0, 0), ("Web", N_WEB, 1, 0, 90)]


def test_a_crm_without_bookings_is_observed_since_the_first_booking_of_another(
    leads: Systems,
) -> None:
    assert leads.rows("select distinct is_left_truncated from funnel.fct_lead_conversion") == [
        (False,)
    ]


def test_a_horizon_rests_on_enough_decisions(leads: Systems) -> None:
    """25 leads converted and 3 were won: of these nobody knows yet how long it takes."""
    assert leads.rows(
        "select outcome, n_observed, horizon_days from core.core_cohort_horizon "
        "where source_system = 'salesforce' and stage is null order by all"
    ) == [("converted", N_FAIR + 3, 3), ("won", 3, None)]
    assert leads.rows(
        "select horizon_days, is_mature, conversion_pct, won_horizon_days, is_won_mature, "
        "lead_to_won_pct from funnel.fct_lead_conversion where lead_source = 'Web'"
    ) == [(3, True, 1 / N_WEB, None, False, None)]
