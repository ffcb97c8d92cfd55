"""Spellings of aliases.csv: each domain is applied, whatever entity the value comes in."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.assets.reconcile import FOLDER
from pipelines.ingest.reference import ALIAS_DOMAINS, FORECAST_CATEGORIES, write_reference
from pipelines.quality.reconciliation import load_reconciliations
from pipelines.settings import PROJECT_ROOT, ConfigurationError
from tests.deployment import Deployment
from tests.sources.world import DEMO, Systems

HEADER = "domain,source_system,source_value,value\n"
DAY = date(2026, 3, 2)
AT = "2026-03-02 10:00:00"
EARLIER = "2026-03-01 10:00:00"
ALIASES = {
    "stage": ("Angebot", "Prospecting"),
    "forecast_category": ("Sicher", "Commit"),
    "opportunity_type": ("Neukunde", "New Business"),
    "lead_source": ("Messe", "Trade Show"),
    "product": ("GTXPro", "01tA"),
    "industry": ("technolgy", "technology"),
    "country": ("Deutschland", "DE"),
    "channel": ("SEA", "paid_search"),
}
"""A spelling of each domain, and what it stands for."""


def reference(folder: Path, aliases: str = HEADER, name: str = "aliases.csv") -> Path:
    (folder / "reference").mkdir(parents=True)
    (folder / "reference" / name).write_text(aliases)
    return folder


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Systems:
    """A CRM and an advertising report in spellings that only the company knows."""
    rows = "".join(
        f"{domain},{'marketing' if domain == 'channel' else 'salesforce'},{spelling},{value}\n"
        for domain, (spelling, value) in ALIASES.items()
    )
    folder = reference(tmp_path_factory.mktemp("aliases"), HEADER + rows)
    sources = {"salesforce": {}, "marketing": {}}
    built = Deployment.of(DEMO, folder, sources=sources, reference="reference").company
    built.paths.warehouse.mkdir()
    systems = Systems(folder, built)
    spelled = {domain: spelling for domain, (spelling, _) in ALIASES.items()}
    stamp = {"CreatedDate": AT, "SystemModstamp": AT, "IsDeleted": "0"}
    systems.deliver(
        DAY,
        "salesforce",
        account=[
            {"Id": "001A", "Industry": spelled["industry"], "BillingCountry": spelled["country"]}
            | stamp
        ],
        lead=[{"Id": "00QA", "LeadSource": spelled["lead_source"], "IsConverted": "0"} | stamp],
        opportunity=[
            {"Id": "006A", "StageName": spelled["stage"], "Type": spelled["opportunity_type"]}
            | {"LeadSource": spelled["lead_source"], "CloseDate": "2026-04-01", "Amount": "5"}
            | {"ForecastCategoryName": spelled["forecast_category"], "IsClosed": "0"}
            | {"IsWon": "0"}
            | stamp
        ],
        opportunity_history=[
            {"Id": "008A", "OpportunityId": "006A", "StageName": spelled["stage"]}
            | {"Amount": "5", "CloseDate": "2026-04-01", "Probability": "10"}
            | {"CreatedDate": EARLIER, "SystemModstamp": EARLIER, "IsDeleted": "0"}
            | {"ForecastCategory": spelled["forecast_category"]}
        ],
        opportunity_line_item=[
            {"Id": "00kA", "OpportunityId": "006A", "Product2Id": spelled["product"]}
            | {"Quantity": "1"}
            | stamp
        ],
    )
    spend = {"campaign_id": "C", "spend_on": "2026-03-01", "channel": spelled["channel"]}
    systems.deliver(DAY, "marketing", ad_spend=[spend | {"spend_amount": "7", "currency": "USD"}])
    systems.build(
        "core_opportunity_version",
        "core_opportunity_line",
        "core_lead",
        "core_account",
        "core_spend",
        "core_stage_entry",
    )
    return systems


@pytest.mark.parametrize(
    ("table", "column", "domain"),
    [
        ("core_opportunity_version", "stage", "stage"),
        ("core_stage_entry", "stage", "stage"),
        ("core_opportunity_version", "forecast_category", "forecast_category"),
        ("core_opportunity_version", "opportunity_type", "opportunity_type"),
        ("core_opportunity_version", "lead_source", "lead_source"),
        ("core_lead", "lead_source", "lead_source"),
        ("core_opportunity_line", "product_id", "product"),
        ("core_account", "industry", "industry"),
        ("core_account", "country", "country"),
        ("core_spend", "channel", "channel"),
    ],
)
def test_a_spelling_reads_as_the_value_it_stands_for(
    company: Systems, table: str, column: str, domain: str
) -> None:
    # The deal has two versions, of which its history tells the first.
    assert company.rows(f"select distinct {column} from core.{table}") == [(ALIASES[domain][1],)]


def test_what_was_delivered_is_published_beside_it(company: Systems) -> None:
    assert company.rows("select industry_as_delivered from core.core_account") == [("technolgy",)]
    assert company.rows(
        "select forecast_category_as_delivered, status, is_from_history "
        "from core.core_opportunity_version order by known_from"
    ) == [("Sicher", "open", True), ("Sicher", "open", False)]


def test_a_version_told_by_history_agrees_with_it_in_the_companys_spelling(
    company: Systems,
) -> None:
    [check] = [
        each
        for each in load_reconciliations(FOLDER, {"opportunity": ["salesforce"]})
        if each.name == "versions_say_what_history_said"
    ]
    with duckdb.connect(str(company.company.warehouse_file)) as connection:
        connection.execute(
            "create temp view staged_changes as "
            "select * from staging.stg_salesforce__opportunity_change"
        )
        assert connection.execute("select count(*) from staged_changes").fetchall() == [(1,)]
        assert connection.execute(check.sql).fetchall() == []


def test_every_domain_is_applied_by_the_models_and_tried_here() -> None:
    models = PROJECT_ROOT / "dbt_project"
    macro = (models / "macros" / "aliases.sql").read_text()
    applied = set(re.findall(r"'\w+': '(\w+)',", macro))
    for model in (models / "models").rglob("*.sql"):
        applied |= set(re.findall(r"domain = '(\w+)'", model.read_text()))
    assert applied == set(ALIAS_DOMAINS) == set(ALIASES)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("produkt,maven_crm,GTXPro,GTX Pro", "unknown domain (first: 'produkt'): did you mean 'pr"),
        ("colour,maven_crm,a,b", "known: channel, country, forecast_category, industry"),
        ("product,maven,GTXPro,GTX Pro", "unknown source_system (first: 'maven'): did you mean"),
    ],
)
def test_a_spelling_that_nothing_would_read_is_refused(tmp_path: Path, row: str, says: str) -> None:
    folder = reference(tmp_path / "in", f"{HEADER}{row}\n")
    refused(folder, says)


def test_a_reference_file_that_nothing_reads_is_refused(tmp_path: Path) -> None:
    folder = reference(tmp_path / "in", HEADER, "alias.csv")
    refused(folder, "alias.csv is read by nothing: did you mean aliases.csv?")


def refused(folder: Path, says: str) -> None:
    company = Deployment.of(DEMO, folder, reference="reference").company
    with duckdb.connect() as connection, pytest.raises(ConfigurationError) as error:
        write_reference(connection, company)
    assert says in str(error.value)


STAGES = "source_system,stage,ordinal,status,forecast_category\n"


@pytest.mark.parametrize(
    ("stages", "aliases", "says"),
    [
        (
            "salesforce,Discovery,1,open,Pipeline\n",
            "stage,salesforce,Discvery,Discovry\n",
            "unknown value (first: 'Discovry'): did you mean 'Discovery'?",
        ),
        (
            "salesforce,Discovery,1,open,Ommitted\n",
            "",
            "unknown forecast_category (first: 'Ommitted'): did you mean 'Omitted'?",
        ),
        (
            "salesforce,Discovery,one,closed,Pipeline\n",
            "",
            "(first: Discovery, ordinal 'one', status 'closed')",
        ),
    ],
    ids=["alias of no stage", "no category", "no status"],
)
def test_a_stage_that_cannot_be_is_refused_before_a_run(
    tmp_path: Path, stages: str, aliases: str, says: str
) -> None:
    folder = reference(tmp_path, HEADER + aliases)
    (folder / "reference" / "stages.csv").write_text(STAGES + stages)
    company = Deployment.of(DEMO, folder, reference="reference").company
    with duckdb.connect() as connection, pytest.raises(ConfigurationError) as refused:
        write_reference(connection, company)
    assert says in str(refused.value)


def test_the_categories_of_stages_are_those_of_the_seed() -> None:
    with duckdb.connect() as connection:
        seed = PROJECT_ROOT / "dbt_project" / "seeds" / "seed_forecast_category.csv"
        rows = connection.execute(f"select distinct forecast_category from '{seed}'").fetchall()
    assert {category for (category,) in rows} == set(FORECAST_CATEGORIES)
