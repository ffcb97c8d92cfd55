"""What the demo company delivers is what the contracts expect."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from pipelines.contracts.catalogue import load_contract
from pipelines.settings import PROJECT_ROOT, load_company
from tests.demo.extracts import Delivery
from tests.deployment import Deployment


def test_every_file_matches_its_contract_and_no_column_is_unknown(small: Delivery) -> None:
    for file in small.extracts.files:
        if file.day != small.last:
            continue
        rules = load_contract(file.source).objects[file.object]
        assert rules.matches(file.path.name)
        with file.path.open(encoding="iso-8859-1", newline="") as opened:
            header = [name for name in next(csv.reader(opened)) if name]
        if rules.unpivot:
            assert set(rules.unpivot.keep) < set(header)
            continue
        known = {column.source for column in rules.columns} | set(rules.also)
        assert set(header) <= known, f"{file.path.name}: not in the contract"


def test_the_company_file_names_the_sources_that_are_generated(small: Delivery) -> None:
    company = load_company(PROJECT_ROOT / "data" / "demo" / "company.yml")
    assert set(company.sources) == {file.source for file in small.extracts.files}
    for source, choice in company.sources.items():
        assert choice.format is None or choice.format in load_contract(source).formats


def test_every_file_is_loaded_without_a_reject(small: Delivery, tmp_path: Path) -> None:
    ingest = pytest.importorskip("pipelines.ingest")
    if not hasattr(ingest, "load"):
        pytest.skip("ingestion cannot load yet")
    deployment = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", tmp_path)
    company = deployment.company
    for day in small.extracts.days:
        report = ingest.land(company, day, [small.folder / day.isoformat()])
        n_files = sum(file.day == day for file in small.extracts.files)
        assert (len(report.matched), report.unmatched) == (n_files, [])
    company.paths.warehouse.mkdir(parents=True)
    with duckdb.connect(str(company.warehouse_file)) as connection:
        for source in company.sources:
            ingest.load(connection, company, source)
        rejects = connection.sql("select * from control.rejects limit 3").fetchall()
        n_batches = connection.sql("select count(*) from control.batches").fetchall()
    assert rejects == []
    assert n_batches == [(len(small.extracts.files),)]
