"""A company file is read whole or refused with a message that says what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import ConfigurationError, load_company

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
        ("fiscal_year_starts_in: 13", "fiscal_year_starts_in"),
        ("currency: euro", "currency"),
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
