"""The contracts that come with the project, and what a contract may not say."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.contracts import (
    Column,
    ContractError,
    Format,
    ObjectContract,
    Unpivot,
    available_sources,
    load_contract,
)
from tests.realdata import SHARED, needs_real_data

OBJECTS = [
    pytest.param(source, name, id=f"{source}.{name}")
    for source in available_sources()
    for name in load_contract(source).objects
]
PACKAGE = Path(__file__).resolve().parents[2] / "pipelines"
SALESFORCE_NAMES = {
    path: name
    for name, described in load_contract("salesforce").objects.items()
    for path in (described.files[0].removesuffix(".csv"),)
}


def test_the_six_sources_have_contracts() -> None:
    expected = {"adventureworks", "ecb", "finance", "marketing", "maven_crm", "salesforce"}
    assert expected <= set(available_sources())


@pytest.mark.parametrize(("source", "name"), OBJECTS)
def test_every_object_is_described_and_has_a_required_key(source: str, name: str) -> None:
    described = load_contract(source).objects[name]
    by_name = {column.name: column for column in described.loaded}
    assert described.description.endswith(".")
    assert all(by_name[part].required for part in described.key)


def test_a_name_that_contains_another_is_not_matched_by_it() -> None:
    objects = load_contract("adventureworks").objects
    matching = {
        file: [name for name, described in objects.items() if described.matches(file)]
        for file in ("SalesPersonQuotaHistory.csv", "SalesPerson.csv.gz", "salesperson.csv")
    }
    assert matching == {
        "SalesPersonQuotaHistory.csv": ["sales_person_quota_history"],
        "SalesPerson.csv.gz": ["sales_person"],
        "salesperson.csv": [],
    }


def test_an_object_overrides_the_format_of_its_source() -> None:
    contract = load_contract("adventureworks")
    assert contract.format_of("sales_person", "oltp").delimiter == "\t"
    assert contract.format_of("dw_employee", "oltp").quote is None
    assert contract.format_of("sales_order_header", "oltp").header


@needs_real_data
def test_salesforce_columns_are_the_standard_ones() -> None:
    with (SHARED / "salesforce_export_schema" / "standard_columns.csv").open() as lines:
        standard: dict[str, set[str]] = {}
        for row in csv.DictReader(lines):
            standard.setdefault(row["object"], set()).add(row["field"])
    for exported, name in SALESFORCE_NAMES.items():
        if exported not in standard:
            continue
        described = load_contract("salesforce").objects[name]
        ours = {column.source for column in described.columns}
        needed = {column.source for column in described.columns if column.absent_ok is not True}
        assert needed <= standard[exported], f"{name}: {needed - standard[exported]} not exported"
        unknown = standard[exported] - ours - set(described.also)
        assert not unknown, f"{name}: a real export would be refused for {unknown}"


@needs_real_data
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("product", "sf_product_2_data.csv"),
        ("opportunity_line_item", "sf_opportunity_line_item_data.csv"),
    ],
)
def test_salesforce_columns_without_a_schema_are_what_connectors_see(name: str, file: str) -> None:
    with (SHARED / "source_columns" / "salesforce" / file).open(encoding="utf-8") as lines:
        seen = {column.replace("_", "") for column in next(csv.reader(lines))}
    # A currency column exists only in organisations with several currencies.
    ours = {
        column.name.replace("_", "") for column in load_contract("salesforce").objects[name].loaded
    }
    assert ours - seen <= {"currencyisocode"}


def _contract(**changes: Any) -> dict[str, Any]:
    described = {
        "description": "Deals.",
        "files": ["deals.csv"],
        "delivery": "full",
        "key": ["id"],
        "columns": [{"name": "id", "required": True}, {"name": "at", "type": "timestamp"}],
    }
    return described | changes


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"key": ["nr"]}, "key names no loaded column: nr", id="key"),
        pytest.param({"recorded_at": ["id"]}, "must name timestamp", id="recorded_at"),
        pytest.param({"columns": [{"name": "id"}, {"name": "id"}]}, "appears twice", id="twice"),
        pytest.param({"colour": "red"}, "Extra inputs are not permitted", id="unknown key"),
        pytest.param(
            {"columns": [{"name": "id", "type": "date", "formats": ["%Q"]}]},
            "'%Q'; supported are",
            id="date format",
        ),
        pytest.param(
            {"columns": [{"name": "id", "type": "integer", "personal": "hash"}]},
            "its type must be text",
            id="hash",
        ),
        pytest.param({"columns": [{"name": "id", "min": 3}]}, "but is text", id="range"),
        pytest.param(
            {"columns": [{"name": "id", "type": "decimal", "min": "2026-01-01"}]},
            "bounds no such value",
            id="range of days",
        ),
        pytest.param(
            {"columns": [{"name": "id", "type": "integer", "min": 3, "max": 2}]},
            "a min above its max",
            id="empty range",
        ),
        pytest.param(
            {"columns": [{"name": "id", "scale": 2}]}, "has a scale, but is text", id="scale"
        ),
        pytest.param(
            {"columns": [{"name": "id", "type": "decimal", "scale": 19}]},
            "19 decimal places of 18 digits",
            id="scale beyond precision",
        ),
        pytest.param(
            {"delivery": "incremental", "max_delete_fraction": 0.1},
            "max_delete_fraction is for an object that is delivered in full",
            id="delete limit",
        ),
        pytest.param(
            {"is_history": True},
            "is_history sets aside what is out of range, and no column has a range",
            id="history without ranges",
        ),
        pytest.param(
            {"unpivot": {"keep": ["Day"], "name": "id", "value": "at"}},
            "unpivot.keep names no column: Day",
            id="unpivot",
        ),
        pytest.param(
            {"columns": [{"name": "id", "type": "date", "formats": ["%d-%m-%y", "%m-%d-%y"]}]},
            "'%d-%m-%y' and '%m-%d-%y' both read",
            id="two readings",
        ),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ObjectContract.model_validate(_contract(**changes))


@pytest.mark.parametrize(
    ("format_", "says"),
    [
        pytest.param(
            {"dates": ["%d-%m-%Y", "%m-%d-%Y"]},
            "'%d-%m-%Y' and '%m-%d-%Y' both read '03-02-2001'",
            id="days and months",
        ),
        pytest.param(
            {"timestamps": ["%-m/%-d/%Y %H:%M", "%d/%m/%Y %-H:%M"]}, "both read", id="unpadded"
        ),
        pytest.param(
            {"true_tokens": ["1", "Y"], "false_tokens": ["0", "Y"]},
            "'Y' cannot mean both true and false",
            id="truth",
        ),
        pytest.param(
            {"true_tokens": ["1"], "false_tokens": ["0"], "nulls": ["", "0"]},
            "'0' cannot mean both false and nothing",
            id="nothing",
        ),
        pytest.param({"encoding": "latin-99"}, "encoding 'latin-99' is not known", id="encoding"),
        pytest.param({"quote": ";", "delimiter": ";"}, "quote and delimiter", id="quote"),
    ],
)
def test_a_format_that_reads_a_text_two_ways_is_refused(format_: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Format.model_validate(format_)


def test_an_object_cannot_add_a_second_reading_to_its_format(tmp_path: Path) -> None:
    document = {
        "description": "x",
        "owner": "team:x",
        "formats": {"csv": {"dates": ["%d.%m.%Y"]}},
        "objects": {"deal": _contract(format={"dates": ["%d.%m.%Y", "%m.%d.%Y"]})},
    }
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(document))
    with pytest.raises(ContractError, match="both read"):
        load_contract("shop", tmp_path)


PARTS = (
    (Format, "format"),
    (Column, "column"),
    (ObjectContract, "object"),
    (Unpivot, "unpivot"),
)
FOR_PEOPLE = {"description"}


@pytest.mark.parametrize(
    "key",
    [f"{name}.{key}" for part, name in PARTS for key in part.model_fields if key not in FOR_PEOPLE],
)
def test_every_key_of_a_contract_is_read_by_something(key: str) -> None:
    """What a contract may say has an effect: some code asks for it."""
    attribute = re.compile(rf"\.{key.rpartition('.')[2]}\b")
    readers = [file for file in PACKAGE.rglob("*.py") if attribute.search(file.read_text())]
    assert readers, f"nothing reads `{key}`"


def test_a_wrong_contract_names_its_file_and_the_place(tmp_path: Path) -> None:
    document = {
        "description": "x",
        "owner": "team:x",
        "formats": {"csv": {}},
        "objects": {"deal": _contract(delivery="sometimes")},
    }
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(document))
    with pytest.raises(ContractError, match=r"shop\.yml(.|\n)*objects\.deal\.delivery"):
        load_contract("shop", tmp_path)


def test_a_source_without_contract_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ContractError, match="Known sources: adventureworks, ecb"):
        load_contract("quickbooks")
