"""A company file is read whole or refused with a message that says what to change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.settings import (
    PROJECT_ROOT,
    AcceptedChange,
    Company,
    ConfigurationError,
    NotificationTarget,
    Paths,
    Policies,
    SourceChoice,
    load_company,
)
from pipelines.transform.dbt_project import DBT_PROJECT, dbt_vars

PARTS = (Company, Paths, SourceChoice, Policies, AcceptedChange, NotificationTarget)
FOR_PEOPLE = {"reason"}
"""What is only said to people, in the report and in reviews of the company file."""
GOOD = """\
name: Test
slug: test
time_zone: Europe/Berlin
currency: EUR
sources:
  maven_crm: {}
paths: {landing: in, warehouse: ../wh, published: out}
"""


def company_file(folder: Path, text: str) -> Path:
    path = folder / "company.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_count_from_the_company_file(tmp_path: Path) -> None:
    company = load_company(company_file(tmp_path, GOOD))
    assert company.paths.landing == tmp_path / "in"
    assert company.warehouse_file == tmp_path.parent / "wh" / "warehouse.duckdb"


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    company = load_company(company_file(tmp_path, GOOD))
    assert company.fiscal_year_starts_in == 1
    assert company.policies.snapshot_weekday == "sunday"
    assert company.policies.quota_period == "sequence"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("curency: EUR", "unknown key 'curency': did you mean 'currency'?"),
        ("policies: {snapshot_weekdy: monday}", "did you mean 'snapshot_weekday'?"),
        ("paths: {landing: in, warehouse: w, publishd: p}", "did you mean 'published'?"),
        ("time_zone: Mars/Olympus", "no IANA time zone"),
        ("fiscal_year: {ends_on: friday}", "ends_on means nothing"),
        ("fiscal_year: {pattern: 4-4-4}", "4-4-5"),
        ("fiscal_year: {pattern: table, named_by: first_day}", "named_by means nothing"),
        ("time_zone: localtime", "no IANA time zone"),
        ("policies: {quota_version: 'v{{ 1 }}'}", "must not hold"),
        ("policies: {personal_quotas: ['{% x %}']}", "must not hold"),
        ("time_zone: Factory", "no IANA time zone"),
        ("time_zone: posix/Europe/Berlin", "no IANA time zone"),
        ("time_zone: right/UTC", "no IANA time zone"),
        ("fiscal_year_starts_in: 13", "fiscal_year_starts_in"),
        ("currency: euro", "'euro' is no currency of ISO 4217"),
        ("currency: eur", "did you mean 'EUR'?"),
        ("currency: XXX", "'XXX' is no currency"),
        ("fiscal_year_starts_in: true", "fiscal_year_starts_in"),
        ("name: ' '", "must not be empty"),
        ('name: "\\e[31mred"', "control characters"),
        ("policies: {forecast_types: {a: ''}}", "must not be empty"),
        ("policies: {forecast_types: {a: 'Bookings '}}", "begin or end with a blank"),
        ("policies: {personal_quotas: ['']}", "must not be empty"),
        ("policies: {calendar_from: 2050-01-01}", "is not after calendar_from"),
        ("policies: {calendar_to: 9999-12-31}", "calendar_to"),
        (
            "paths: {landing: in, warehouse: wh, published: in}",
            "landing is the same folder as paths.published",
        ),
        (
            "paths: {landing: in, warehouse: in, published: p}",
            "landing is the same folder as paths.warehouse",
        ),
        (
            "paths: {landing: in, warehouse: w, published: in/shop}",
            "published is within paths.land",
        ),
        ("paths: {landing: /, warehouse: w, published: p}", "within paths.landing"),
        ("paths: {landing: /dev/null, warehouse: w, published: p}", "/dev/null is no folder"),
        ('paths: {landing: "a\\0b", warehouse: w, published: p}', "no path may have"),
        ("sources: {}", "sources"),
        ("sources: {maven_crm: {formt: a}}", "sources.maven_crm.formt"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, line: str, expected: str) -> None:
    name = line.split(":", maxsplit=1)[0]
    kept = [row for row in GOOD.splitlines() if not row.startswith(f"{name}:")]
    if name == "sources":
        kept = [row for row in kept if not row.startswith("  maven_crm")]
    with pytest.raises(ConfigurationError, match=expected.replace("?", r"\?")):
        load_company(company_file(tmp_path, "\n".join([*kept, line])))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "just text"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"company\.yml"):
        load_company(company_file(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yml"):
        load_company(tmp_path / "nowhere.yml")


@pytest.mark.parametrize(
    "key",
    sorted({key for part in PARTS for key in part.model_fields if key not in FOR_PEOPLE}),
)
def test_every_key_of_a_company_file_is_read_by_something(key: str) -> None:
    attribute = re.compile(rf"\.{key}\b")
    files = set((PROJECT_ROOT / "pipelines").rglob("*.py"))
    readers = [
        file
        for file in files - {PROJECT_ROOT / "pipelines" / "settings.py"}
        if attribute.search(file.read_text(encoding="utf-8"))
    ]
    own = (PROJECT_ROOT / "pipelines" / "settings.py").read_text(encoding="utf-8")
    assert readers or f"self.{key}" in own, f"nothing reads `{key}`"


def test_everything_the_models_are_told_is_asked_for_by_one(tmp_path: Path) -> None:
    told = dbt_vars(load_company(company_file(tmp_path, GOOD)))
    models = [*DBT_PROJECT.rglob("*.sql"), *DBT_PROJECT.rglob("*.yml")]
    sql = "".join(file.read_text(encoding="utf-8") for file in models if "target" not in file.parts)
    unused = [name for name in told if not re.search(rf"var\([\"']{name}[\"']", sql)]
    assert unused == []
