"""The days on which the open pipeline is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.sources.deals import deal
from tests.sources.world import Systems

FIRST, DELIVERED = date(2026, 2, 10), date(2026, 3, 2)
DAYS = "select distinct {} from core.{} order by 1"


def test_they_begin_where_the_company_file_says(tmp_path: Path) -> None:
    whole = Systems.of(tmp_path, salesforce="connector")
    never_closed = deal("D", "Prospecting", "100", "2025-01-10 15:00:00", close_date="2026-06-30")
    whole.deliver(DELIVERED, "salesforce", opportunity=[never_closed])
    models = {"core_pipeline_snapshot": "snapshot_on", "core_forecast_base": "as_of_on"}
    whole.build(*models)
    all_days = {model: whole.rows(DAYS.format(day, model)) for model, day in models.items()}
    assert all_days["core_pipeline_snapshot"][0][0] < FIRST

    policies = whole.company.policies.model_copy(update={"snapshots_from": FIRST})
    later = replace(whole, company=whole.company.model_copy(update={"policies": policies}))
    later.build(*models)
    for model, days in all_days.items():
        kept = later.rows(DAYS.format(models[model], model))
        assert kept == [day for day in days if day[0] >= FIRST]
        assert 0 < len(kept) < len(days)
