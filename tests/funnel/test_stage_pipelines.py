"""A stage has its place in one pipeline: deals of another neither reach it nor are its pool."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.sources.world import Systems

pytestmark = pytest.mark.xdist_group("stage_pipelines")

FIRST, LAST = date(2026, 5, 31), date(2026, 6, 28)
SYNCED = {"_fivetran_synced": "2026-05-31 10:00:00"}
# Each pipeline has the same four stages, those of renewals with an r before.
PIPELINES = {"default": "", "renewals": "r"}
STAGES = [
    ("talk", "0.2", "FALSE", "FALSE"),
    ("offer", "0.6", "FALSE", "FALSE"),
    ("won", "1.0", "TRUE", "TRUE"),
    ("lost", "0.0", "TRUE", "FALSE"),
]
# Closed while they were watched, so that they are in the pools of the win rates.
N_NEW_WON, N_RENEWALS_LOST = 12, 11


def _deal(name: str, stage: str, *, closed_on: date | None = None) -> dict[str, str]:
    return {
        "deal_id": name,
        "is_deleted": "false",
        "deal_pipeline_id": "renewals" if stage.startswith("r") else "default",
        "deal_pipeline_stage_id": stage,
        "owner_id": "1",
        "property_dealname": name,
        "property_amount": "90",
        "property_createdate": "2025-02-10 15:00:00",
        "property_closedate": f"{closed_on} 15:00:00" if closed_on else "",
    }


def _entry(deal: str, stage: str, on: str) -> dict[str, str]:
    return {"deal_id": deal, "value": stage, "date_entered": f"{on} 15:00:00"} | SYNCED


def _closed(watched: date, *, is_over: bool) -> list[dict[str, str]]:
    synced = {"_fivetran_synced": f"{watched} 10:00:00"}
    new = [
        _deal(f"N{i}", "won" if is_over else "offer", closed_on=FIRST + timedelta(7))
        for i in range(N_NEW_WON)
    ]
    renewals = [
        _deal(f"R{i}", "rlost" if is_over else "roffer", closed_on=FIRST + timedelta(7))
        for i in range(N_RENEWALS_LOST)
    ]
    return [deal | synced for deal in new + renewals]


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    systems = Systems.of(tmp_path_factory.mktemp("pipelines"), "hubspot")
    stages = [
        {
            "pipeline_id": pipeline,
            "stage_id": prefix + stage,
            "label": prefix + stage,
            "display_order": str(order),
            "probability": probability,
            "is_closed": is_closed,
            "closed_won": is_won,
            "_fivetran_deleted": "FALSE",
        }
        | SYNCED
        for pipeline, prefix in PIPELINES.items()
        for order, (stage, probability, is_closed, is_won) in enumerate(STAGES)
    ]
    told = [
        _deal("OLD", "won", closed_on=date(2024, 6, 1)),
        _deal("A", "won", closed_on=date(2025, 3, 20)),
        _deal("B", "lost", closed_on=date(2025, 3, 25)),
        _deal("C", "rlost", closed_on=date(2025, 3, 28)),
        _deal("MOVED", "rtalk"),
    ]
    systems.deliver(
        FIRST,
        "hubspot",
        deal_pipeline=[{"pipeline_id": p, "label": p} | SYNCED for p in PIPELINES],
        deal_pipeline_stage=stages,
        deal=[*(deal | SYNCED for deal in told), *_closed(FIRST, is_over=False)],
        deal_stage=[
            _entry("A", "talk", "2025-02-10"),
            _entry("A", "offer", "2025-02-20"),
            _entry("A", "won", "2025-03-20"),
            _entry("B", "talk", "2025-02-10"),
            _entry("B", "lost", "2025-03-25"),
            _entry("C", "rtalk", "2025-02-10"),
            _entry("C", "roffer", "2025-02-12"),
            _entry("C", "rlost", "2025-03-28"),
            _entry("MOVED", "talk", "2025-04-02"),
            _entry("MOVED", "offer", "2025-04-03"),
            _entry("MOVED", "rtalk", "2025-04-10"),
        ],
    )
    closed_on = FIRST + timedelta(7)
    systems.deliver(closed_on, "hubspot", deal=_closed(closed_on, is_over=True))
    systems.deliver(LAST, "hubspot", deal=[_closed(closed_on, is_over=True)[0]])
    systems.build("fct_stage_conversion", "fct_stage_win_rate", "dim_stage")
    return systems


def test_a_deal_reaches_stages_of_its_own_pipeline_alone(pipelines: Systems) -> None:
    assert pipelines.rows(
        "select stage, n_entered, n_advanced, n_won, n_lost_here "
        "from funnel.fct_stage_conversion "
        "where cohort_month_on in ('2025-02-01', '2025-03-01') order by all"
    ) == [
        ("offer", 1, 1, 1, 0),
        ("roffer", 1, 0, 0, 1),
        ("rtalk", 1, 1, 0, 0),
        ("talk", 2, 1, 1, 1),
    ]


def test_a_won_deal_without_entries_passed_the_stages_of_the_pipeline_it_was_won_in(
    pipelines: Systems,
) -> None:
    assert pipelines.rows(
        "select passages.stage from core.core_stage_passage as passages "
        "inner join core.core_opportunity using (opportunity_key) "
        "where opportunity_id = 'OLD' order by all"
    ) == [("offer",), ("talk",)]


def test_a_deal_that_moved_to_another_pipeline_was_in_the_stages_it_stood_in(
    pipelines: Systems,
) -> None:
    assert pipelines.rows(
        "select passages.stage, entered_on, has_advanced from core.core_stage_passage as passages "
        "inner join core.core_opportunity using (opportunity_key) "
        "where opportunity_id = 'MOVED' order by all"
    ) == [
        ("offer", date(2025, 4, 3), False),
        ("rtalk", date(2025, 4, 10), False),
        ("talk", date(2025, 4, 2), True),
    ]


def test_the_pool_of_a_stage_is_the_closed_deals_of_its_pipeline(pipelines: Systems) -> None:
    """Nothing was seen in talk or rtalk: both are pooled, each with its own."""
    assert pipelines.rows(
        "select stage, is_pooled, n_closed, n_won, win_rate_pct from forecast.fct_stage_win_rate "
        f"where as_of_on = '{LAST}' and stage in ('talk', 'rtalk') order by all"
    ) == [
        ("rtalk", True, N_RENEWALS_LOST + 1, 0, None),
        ("talk", True, N_NEW_WON + 3, N_NEW_WON + 2, None),
    ]


def test_a_stage_says_which_pipeline_it_is_of(pipelines: Systems) -> None:
    assert pipelines.rows(
        "select pipeline_id, count(*) from shared.dim_stage group by all order by all"
    ) == [("default", 4), ("renewals", 4)]
