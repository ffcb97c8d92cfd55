"""The page on adding a source does what it says: its files are written, its commands are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_ROOT
from tests.docs.pages import BLOCK, command, commands_of, copied, follow
from tests.realdata import SHARED, needs_real_data

PAGE = PROJECT_ROOT / "docs" / "how-to" / "add-a-source.md"
CUSTOMERS = """
id,display_name,company_name,email,parent_customer_id,_fivetran_synced,_fivetran_deleted,taxable
10,Alder,,ap@alder.example,,2026-03-02 3:58:55,FALSE,TRUE
11,Birch,Birch Inc,,10,2026-03-02 03:58:55,FALSE,FALSE
"""
COLUMNS = (
    "id,doc_number,customer_id,transaction_date,due_date,total_amount,balance,currency_id,"
    "_fivetran_synced,_fivetran_deleted"
)
INVOICES = f"""{COLUMNS}
500,A-1,10,2026-02-27,2026-03-29,1200.50,0,USD,2026-03-02 03:58:55,FALSE
501,A-2,11,2026-02-28,2026-03-30,99.5,99.5,USD,2026-03-02 03:58:55,FALSE
502,A-3,11,2026-02-28,2026-03-30,10,10,USD,2026-03-02 03:58:55,TRUE
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    copied(tmp_path)
    follow(PAGE, tmp_path)
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["kind"] == "yaml" and not block["how"]:
            company = tmp_path / "data" / "demo" / "company.yml"
            text = company.read_text(encoding="utf-8")
            company.write_text(text.replace("sources:\n", f"sources:\n{block['text']}"))
    return tmp_path


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_the_page_adds_a_source(copy: Path) -> None:
    (copy / "quickbooks_customer.csv").write_text(CUSTOMERS.lstrip())
    (copy / "quickbooks_invoice.csv").write_text(INVOICES)
    # The first run of the page is for looking at the load; the second one has the models as well.
    check, land, _, run, ask = commands_of(PAGE)
    assert command(copy, "demo", "--scale", "0.1").returncode == 0
    checked = command(copy, *check)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "every row of the files would load" in checked.stdout
    assert "quickbooks" in checked.stdout.partition("Tables")[0]
    assert command(copy, *land).returncode == 0
    done = command(copy, *run)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = command(copy, *ask, "--format", "csv").stdout.splitlines()
    assert answer[1:] == ["500,paid,1200.5000", "501,open,99.5000"]


@needs_real_data
@pytest.mark.parametrize("name", ["customer", "invoice"])
def test_its_contract_reads_what_the_connector_delivers(copy: Path, name: str) -> None:
    shutil.copy(
        SHARED / "source_columns" / "quickbooks" / f"{name}_data.csv",
        copy / f"quickbooks_{name}.csv",
    )
    landed = command(copy, "land", "--on", "2026-06-30", f"quickbooks_{name}.csv")
    assert landed.returncode == 0, landed.stderr
    code = (
        "import duckdb; from pathlib import Path; from pipelines.settings import load_company;"
        "from pipelines.ingest import load;"
        "company = load_company(Path('data/demo/company.yml'));"
        f"[batch] = load(duckdb.connect(), company, 'quickbooks', objects=['{name}']);"
        "print(batch.status, batch.n_read, batch.n_rejected, batch.message)"
    )
    read = subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert read[0] == "loaded", read
    assert int(read[1]) > 0
    assert read[2] == "0"
