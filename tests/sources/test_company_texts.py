"""Texts of the company file are taken as they are written, whatever letters they have."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_ROOT
from tests.sources.world import Systems

VERSION, OTHER = "it's the board's '' \\ \"v1\"; -- /* $1 {x}", "v2"
LIMITED = {
    "attainment_rate",
    "calendar_from",
    "calendar_to",
    "currency",
    "missing_open_amount",
    "proration_days",
    "quota_basis",
    "quota_period",
    "snapshot_weekday",
    "snapshots_from",
    "territories_at_once",
    "time_zone",
}
"""Variables that the company file refuses unless they are a day or one of some words."""


def quota(number: int, version: str) -> dict[str, str]:
    return {
        "quota_id": f"Q{number}",
        "version": version,
        "participant_id": "ann",
        "measure": "bookings",
        "period_start_on": "2026-02-01",
        "period_end_on": "2026-05-01",
        "quota_amount": str(1000 * number),
        "currency": "USD",
        "status": "approved",
        "approved_at": "2026-02-01T09:00:00Z",
    }


@pytest.mark.xdist_group("company_texts")
def test_a_version_of_quotas_may_have_an_apostrophe(tmp_path: Path) -> None:
    plain = Systems.of(tmp_path, "finance")
    policies = plain.company.policies.model_copy(update={"quota_version": VERSION})
    policies = policies.model_copy(update={"personal_quotas": frozenset({"o'brien"})})
    systems = replace(plain, company=plain.company.model_copy(update={"policies": policies}))
    systems.deliver(date(2026, 3, 1), "finance", quota=[quota(1, VERSION), quota(2, OTHER)])
    systems.build("core_quota_version", "core_quota_scope")
    assert systems.rows(
        "select version, is_in_force from core.core_quota_version order by quota_id"
    ) == [(VERSION, True), (OTHER, False)]


def test_no_other_text_stands_between_quotes() -> None:
    quoted = re.compile(r"""['"]\s*\{\{\s*var\(\s*["'](\w+)["']""")
    folder = PROJECT_ROOT / "dbt_project"
    found = {
        name
        for kind in ("models", "macros", "tests")
        for file in (folder / kind).rglob("*.sql")
        for name in quoted.findall(file.read_text(encoding="utf-8"))
    }
    assert found <= LIMITED
