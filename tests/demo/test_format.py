"""Files look as their systems write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.demo.ids import PREFIXES, checksum, salesforce_id
from pipelines.demo.simulate import CONNECTORS
from tests.demo.extracts import NO_LOOKUP, Delivery
from tests.realdata import SHARED, needs_real_data


def exported(delivery: Delivery) -> list[Path]:
    return [
        file.path
        for file in delivery.extracts.files
        if file.source == "salesforce" and file.day == delivery.last
    ]


def test_every_field_of_the_export_is_quoted_and_lines_end_with_lf(small: Delivery) -> None:
    for path in exported(small):
        data = path.read_bytes()
        assert b"\r" not in data
        assert data.endswith(b'"\n')
        width = data.split(b"\n")[0].count(b'","')
        for line in data.split(b"\n")[:-1]:
            assert line.startswith(b'"')
            assert line.count(b'","') == width, f"{path.name}: {line[:80]!r}"


def test_the_export_is_latin_1_and_no_utf_8(company: Delivery) -> None:
    data = (company.folder / str(company.extracts.days[0]) / "Account.csv").read_bytes()
    assert "Société" in data.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


def test_people_have_letters_beyond_ascii(company: Delivery) -> None:
    names = {row["LastName"] for row in company.rows("Contact.csv")}
    assert {"Müller", "Köhler", "O'Brien"} <= names


def test_a_quotation_mark_in_a_field_is_doubled(company: Delivery) -> None:
    data = (company.folder / str(company.extracts.days[0]) / "Opportunity.csv").read_bytes()
    assert b'"Security review: ""questionnaire"" is with IT"' in data


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        ("IsDeleted", r"[01]"),
        ("CloseDate", r"\d{4}-\d\d-\d\d 00:00:00"),
        ("CreatedDate", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
        ("AccountId", r"001\w{15}"),
        ("CampaignId", r"(701|000)\w{15}"),
        ("Amount", r"(\d+\.\d)?"),
        ("CurrencyIsoCode", r"USD|EUR|GBP"),
        ("Territory2Id", NO_LOOKUP),
        ("Description", ""),
    ],
)
def test_a_column_of_the_export_has_its_form(small: Delivery, column: str, pattern: str) -> None:
    values = {row[column] for row in small.rows("Opportunity.csv")}
    assert not [value for value in values if not re.fullmatch(pattern, value)]


def test_an_id_carries_the_prefix_of_its_object_and_a_right_checksum(small: Delivery) -> None:
    for path in exported(small):
        rows = small.rows(path.name)
        ids = [row["Id"] for row in rows]
        assert len(set(ids)) == len(ids)
        for record_id in ids:
            assert record_id.startswith(PREFIXES[path.stem.removesuffix(".delta")])
            assert record_id[15:] == checksum(record_id[:15])


@pytest.mark.parametrize("known", ["006bm00000LKJNNAA5", "0011G00000eLwuWQAS", NO_LOOKUP])
def test_the_checksum_of_a_genuine_id_is_found(known: str) -> None:
    assert checksum(known[:15]) == known[15:]


def test_ids_count_up_in_base_62() -> None:
    assert salesforce_id("006bm0", 61)[:15] == "006bm000000000z"
    assert salesforce_id("006bm0", 62)[:15] == "006bm0000000010"


@needs_real_data
@pytest.mark.real
def test_columns_are_the_standard_ones_in_their_order(small: Delivery) -> None:
    standard: dict[str, list[str]] = {}
    text = (SHARED / "salesforce_export_schema" / "standard_columns.csv").read_text()
    for line in text.splitlines()[1:]:
        name, _, field = line.split(",")
        standard.setdefault(name, []).append(field)
    for path in exported(small):
        if path.stem in standard:
            assert list(small.rows(path.name)[0]) == standard[path.stem]


def test_rates_are_wide_newest_first_with_a_trailing_comma(small: Delivery) -> None:
    path = small.folder / str(small.last) / "eurofxref-hist.csv"
    header, first, second, *_, oldest = path.read_text().splitlines()
    assert header.startswith("Date,USD,JPY,BGN,")
    assert header.endswith(",ZAR,")
    assert header.count(",") == first.count(",") == 42
    assert (first[:10], second[:10], oldest[:10]) == ("2026-06-30", "2026-06-29", "2021-01-04")
    assert ",N/A," in first


def test_other_systems_write_iso_dates(small: Delivery) -> None:
    quota = small.rows("quotas.csv")[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", quota["approved_at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", quota["period_start_on"])


@needs_real_data
@pytest.mark.real
def test_tables_of_connectors_have_the_columns_of_the_real_ones(small: Delivery) -> None:
    real = {}
    for folder, prefix, ours in (
        ("netsuite", "netsuite2_", "netsuite_"),
        ("google_ads", "", "google_ads_"),
        ("linkedin", "linkedin_", "linkedin_ads_"),
        ("marketo", "marketo_", "marketo_"),
    ):
        for path in (SHARED / "source_columns" / folder).glob(f"{prefix}*_data.csv"):
            header = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
            name = path.stem.removeprefix(prefix).removesuffix("_data")
            real[ours + {"tran_acct_line": "transaction_accounting_line"}.get(name, name)] = header
    # Fields of the company whose tables these are, and the links to the CRM that ours has.
    custom = ("custcol", "custentity", "custrecord")
    links = {"custbody_crm_opportunity_id", "sfdc_lead_id", "sfdc_contact_id"}
    for file in small.extracts.files:
        if file.source in CONNECTORS:
            expected = [name for name in real[file.path.stem] if not name.startswith(custom)]
            header = file.path.read_text().splitlines()[0].split(",")
            assert [name for name in header if name not in links] == expected, file.path


def test_forecast_category_is_given_in_both_vocabularies(company: Delivery) -> None:
    pairs = {
        (row["ForecastCategory"], row["ForecastCategoryName"])
        for row in company.rows("Opportunity.csv")
    }
    assert pairs == {
        ("Omitted", "Omitted"),
        ("Pipeline", "Pipeline"),
        ("BestCase", "Best Case"),
        ("MostLikely", "Most Likely"),
        ("Forecast", "Commit"),
        ("Closed", "Closed"),
    }
