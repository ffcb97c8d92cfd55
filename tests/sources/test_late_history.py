"""A row of a deal's history that arrives late is of the past: it replaces nothing that is newer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.quality.reconciliation import load_reconciliations, reconcile
from pipelines.settings import PROJECT_ROOT
from pipelines.transform.dbt_project import DbtProject, entity_sources
from pipelines.transform.increment import build
from pipelines.warehouse import opened
from tests.history.evidence import _at, _record, _state
from tests.sources.deals import deal, sellers
from tests.sources.test_hubspot_later import deal as hubspot_deal
from tests.sources.test_hubspot_later import said, stage
from tests.sources.world import Row, Systems

pytestmark = pytest.mark.xdist_group("late history")

FIRST, SECOND = date(2026, 3, 31), date(2026, 4, 7)
NOW = "select opportunity_id, amount_in_currency, close_on from pipeline.fct_opportunity order by 1"
BOOKED = "select opportunity_id, event from attainment.fct_booking_event order by all"
MODELS = ("fct_opportunity", "fct_booking_event")


def saved(change: str, record: str, on: str, amount: str, close_on: str, **more: str) -> Row:
    return {
        "id": change, "opportunity_id": record, "created_date": f"{on} 15:00:00", "amount": amount,
        "stage_name": "Prospecting", "close_date": close_on, "currency_iso_code": "USD",
        "probability": "10", "system_modstamp": f"{on} 15:00:00",
    } | more  # fmt: skip


def field(change: str, record: str, on: str, old: str, new: str) -> Row:
    return {
        "id": change, "opportunity_id": record, "created_date": f"{on} 15:00:00",
        "field": "Amount", "old_value": old, "new_value": new, "is_deleted": "false",
    }  # fmt: skip


def connector(systems: Systems, *, late: bool) -> None:
    won = deal("won", "Closed Won", 1000, "2026-03-10 15:00:00")
    open_deal = deal("open", "Prospecting", 500, "2026-03-12 15:00:00", close_date="2026-05-20")
    if not late:
        systems.deliver(
            FIRST,
            "salesforce",
            user=sellers("A"),
            opportunity=[won, open_deal],
            opportunity_history=[
                saved("h9", "won", "2026-03-10", "1000", "2026-03-10", stage_name="Closed Won")
            ],
            opportunity_field_history=[field("f9", "open", "2026-03-12", "450", "500")],
        )
    else:
        systems.deliver(
            SECOND,
            "salesforce",
            opportunity_history=[saved("h1", "won", "2026-03-05", "800", "2026-03-05")],
            opportunity_field_history=[
                field("f1", "open", "2026-02-20", "300", "400"),
                field("f2", "won", "2026-03-01", "700", "800"),
            ],
        )


def weekly(systems: Systems, *, late: bool) -> None:
    newest = [
        _state("won", 2, "2026-03-10", "Closed Won", "1000", "2026-03-10"),
        _state("open", 2, "2026-03-12", "Prospecting", "500", "2026-05-20"),
    ]
    older = [
        _state("won", 1, "2026-03-05", "Closed Won", "800", "2026-03-05"),
        _state("open", 1, "2026-02-01", "Prospecting", "90", "2026-04-01"),
    ]
    systems.deliver(
        SECOND if late else FIRST,
        "salesforce",
        user=[{"Id": "005A", "LastName": "B", "SystemModstamp": _at("2026-01-05")}],
        account=[{"Id": "001A", "Name": "Alder", "SystemModstamp": _at("2026-01-05")}],
        opportunity=[
            _record("won", "Closed Won", "1000", "2026-03-10", "2026-03-10"),
            _record("open", "Prospecting", "500", "2026-05-20", "2026-03-12", probability="10"),
        ],
        opportunity_history=newest + (older if late else []),
    )


def hubspot(systems: Systems, *, late: bool) -> None:
    synced = f"{FIRST} 10:00:00"
    if not late:
        systems.deliver(
            FIRST,
            "hubspot",
            owner=[
                {
                    "owner_id": "1", "first_name": "Cara", "created_at": "2026-01-01 12:00:00",
                    "_fivetran_synced": synced,
                }
            ],
            deal_pipeline=[
                {
                    "pipeline_id": "default", "label": "Sales", "_fivetran_deleted": "FALSE",
                    "_fivetran_synced": synced,
                }
            ],
            deal_pipeline_stage=[stage("talk", 0), stage("closed", 1, won="TRUE")],
            deal=[
                hubspot_deal("won", "closed", FIRST)
                | {"property_amount": "1000", "property_closedate": "2026-03-10 16:00:00"},
                hubspot_deal("open", "talk", FIRST)
                | {"property_amount": "500", "property_closedate": "2026-05-20 16:00:00"},
            ],
            deal_property_history=[said("won", "amount", "1000", "2026-03-10 16:00:00")],
        )  # fmt: skip
    else:
        systems.deliver(
            SECOND,
            "hubspot",
            deal_property_history=[
                said("won", "amount", "800", "2026-02-20 16:00:00"),
                said("won", "closedate", "2026-02-20T16:00:00Z", "2026-02-20 16:00:00"),
                said("open", "closedate", "2026-04-01T16:00:00Z", "2026-02-20 16:00:00"),
            ],
        )


def questioned(systems: Systems) -> set[str]:
    """Reconciliations that do not agree, as that of deals with a backfill once did not."""
    sources = entity_sources(systems.company)
    chosen = load_reconciliations(PROJECT_ROOT / "expectations" / "reconciliations", sources)
    assert "records_are_as_new_as_their_history" in {each.name for each in chosen} or (
        "opportunity_change" not in sources
    )
    with opened(systems.company.warehouse_file) as connection:
        results = reconcile(
            connection, chosen, sources, enabled=systems.company.sources, today=SECOND
        )
    return {f"{each.check_id} {each.example}" for each in results if each.status != "pass"}


@pytest.mark.parametrize(
    ("sources", "formats", "deliver"),
    [
        ((), {"salesforce": "connector"}, connector),
        ((), {"salesforce": "weekly_export"}, weekly),
        (("hubspot",), {}, hubspot),
    ],
    ids=["connector", "weekly export", "HubSpot"],
)
def test_older_rows_change_nothing_of_a_deal(
    tmp_path: Path, sources: tuple[str, ...], formats: dict[str, str], deliver: Callable[..., None]
) -> None:
    systems = Systems.of(tmp_path, *sources, **formats)
    deliver(systems, late=False)
    systems.load()
    build(DbtProject(systems.company), tests=False)
    before, booked = systems.rows(NOW), systems.rows(BOOKED)
    assert before == [
        ("open", Decimal(500), date(2026, 5, 20)),
        ("won", Decimal(1000), date(2026, 3, 10)),
    ]
    assert booked == [("won", "book")]

    deliver(systems, late=True)
    systems.load()
    build(DbtProject(systems.company), tests=False)
    assert systems.rows(NOW) == before
    assert systems.rows(BOOKED) == booked
    assert questioned(systems) == set()
    systems.build(*MODELS)
    assert systems.rows(NOW) == before
    assert systems.rows(BOOKED) == booked


def test_what_no_record_ever_told_is_still_learnt_from_a_late_row(tmp_path: Path) -> None:
    systems = Systems.of(tmp_path, salesforce="connector")
    told = deal("D", "Prospecting", 500, "2026-03-12 15:00:00", close_date="2026-05-20")
    silent = told | {"probability": "", "forecast_category_name": ""}
    early = saved("h0", "D", "2026-01-05", "100", "2026-04-01", forecast_category="Pipeline")
    late = saved("h1", "D", "2026-03-05", "300", "2026-04-05", forecast_category="Commit")
    systems.deliver(FIRST, "salesforce", opportunity=[silent], opportunity_history=[early])
    systems.deliver(SECOND, "salesforce", opportunity_history=[late])
    systems.build("fct_opportunity")
    assert systems.rows(
        "select amount_in_currency, close_on, forecast_category from pipeline.fct_opportunity"
    ) == [(Decimal(500), date(2026, 5, 20), "Commit")]
