"""`salesops check` says what a run would make of a company, and leaves nothing behind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import Result

from pipelines.settings import PROJECT_ROOT
from pipelines.transform import dbt_project
from pipelines.transform.dbt_project import DbtProject
from tests.deployment import Deployment
from tests.sources.world import DEMO

pytestmark = pytest.mark.xdist_group("check")

HEADER = "invoice_id,account_id,opportunity_id,invoiced_on,due_on,paid_on,amount,currency,status"
GOOD = f"{HEADER}\nI1,A1,,2026-05-04,2026-06-03,,90,USD,open\n"


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """A company of invoices only."""
    return Deployment.of(DEMO, tmp_path, sources={"finance": {"without": ["quota"]}})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dbt project, to be spoiled."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(dbt_project.DBT_PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(dbt_project, "DBT_PROJECT", copy)
    monkeypatch.setattr(dbt_project, "STAGING", copy / "models" / "staging")
    return copy


def said(result: Result) -> str:
    return " ".join(result.output.split())


def state(folder: Path) -> dict[Path, tuple[int, int]]:
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() or path.name.startswith("salesops")
    }


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_company_of_invoices(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples, scratch = tmp_path / "samples", tmp_path / "scratch"
    samples.mkdir()
    scratch.mkdir()
    (samples / "invoices_2026-05.csv").write_text(GOOD)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = [state(tmp_path), state(PROJECT_ROOT / "dbt_project")]

    result = deployment.command("check", "--on", "2026-05-31", str(samples))

    assert result.exit_code == 0, result.output
    assert before == [state(tmp_path), state(PROJECT_ROOT / "dbt_project")]
    text = said(result)
    assert re.search(r"finance/invoice invoices_2026-05\.csv 1 1 0", text)
    assert "invoice finance" in text
    assert "will be empty: nothing delivers lead funnel.fct_lead_conversion" in text
    empty = text.partition("will be empty")[2]
    assert "pipeline.fct_opportunity" in empty
    assert "revenue.fct_invoice" not in empty
    assert re.search(r"without account, [\w, ]+ or refund (\S+, )*revenue\.fct_invoice", text)
    assert re.search(r"loads 11 expectations \d+ dbt tests \d+ reconciliations \d+", text)
    assert "opportunity (25)" in text.partition("not made, as nothing feeds")[2]
    assert all(len(line) <= 80 for line in result.output.splitlines())


def test_samples_that_would_not_load(deployment: Deployment, tmp_path: Path) -> None:
    files = {
        "invoices.csv": f"{GOOD}I2,A1,,05/04/2026,2026-06-03,,90,USD,open\n"
        "I3,A1,,05/05/2026,2026-06-03,,ninety,USD,open\n",
        "invoce.csv": GOOD,
        "orders.csv": "order_id\nO1\n",
        "picture.png": "?",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    result = deployment.command("check", *(str(tmp_path / name) for name in files))

    assert result.exit_code == 1, result.output
    text = said(result)
    assert "finance/invoice invoices.csv 3 0 0 2" in text
    assert (
        "finance/invoice: 2 rows, rule bad_date in column invoiced_on not a date in the declared "
        "format first: invoices.csv line 3, value '05/04/2026'"
    ) in text
    assert "1 row, rule bad_decimal in column amount" in text
    assert "line 4, value 'ninety'" in text
    assert "raise reject_limit in pipelines/contracts/finance.yml" in text
    assert "of no object invoce.csv finance/invoice comes as invoices*.csv" in text
    assert "of no object picture.png no enabled source has files of such a name" in text
    assert "refused finance/order" in text
    assert "orders.csv lacks columns" in text


def test_staging_models_with_mistakes(deployment: Deployment, project: Path) -> None:
    folder = project / "models" / "staging" / "finance"
    replaced(folder / "stg_finance__invoice.sql", "due_on,", "due_date as due_on,")
    replaced(folder / "stg_finance__order.sql", "ordered_on,", "ordered_on as order_on,")
    replaced(folder / "stg_finance__ramp_step.sql", "ramp_pct", "'1' as ramp_pct")
    replaced(folder / "stg_finance__seat.sql", "{{ lineage() }}", "{{ linage() }}")

    result = deployment.command("check")

    assert result.exit_code == 2, result.output
    wrong = dict(
        re.findall(
            r"wrong dbt_project/models/staging/finance/stg_finance__(\S+) (.*?)(?= wrong|$)",
            said(result),
        )
    )
    line = 1 + (folder / "stg_finance__invoice.sql").read_text().splitlines().index(
        "    due_date as due_on,"
    )
    assert wrong["invoice.sql"].startswith(
        f"line {line} there is no column 'due_date' in what it reads. next step: Write 'due_on', or"
    )
    assert wrong["order.sql"].startswith(
        "it lacks column ordered_on of entity order. next step: Select 'order_on' as ordered_on."
    )
    assert "column 'ramp_pct' is a text and has to be a number" in wrong["ramp_step.sql"]
    assert "'linage' is undefined." in wrong["seat.sql"]
    assert "4 problems would stop a run" in said(result)
    assert "Error" not in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("'invoice')", "'invoce')", "there is no source 'finance.invoce'."),
        ("{{ lineage() }}", "{{ lineage( }}", "unexpected '}'"),
    ],
    ids=["source", "template"],
)
def test_a_project_that_cannot_be_read(
    deployment: Deployment, project: Path, old: str, new: str, says: str
) -> None:
    model = "models/staging/finance/stg_finance__invoice.sql"
    replaced(project / model, old, new)
    result = deployment.command("check")
    assert result.exit_code == 2, result.output
    assert f"wrong dbt_project/{model}" in said(result)
    assert says in said(result)
    assert "Compilation" not in result.output


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("quota_amount, type: decimal", "quota_amount, type: money"),
            "columns.quota_amount.type: Input should be",
        ),
        (
            ("quota_amount, type: decimal", "quota_amount, typ: decimal"),
            "columns.quota_amount.typ: unknown key: did you mean 'type'?",
        ),
        (("key: [invoice_id]", "key: [id]"), "objects.invoice: key names no loaded column: id"),
        (
            ("owner: team:finance", "owner: finance"),
            "owner: owner 'finance' is neither team:<name>",
        ),
        (("key: [invoice_id]", "key: [invoice_id"), "is not a valid YAML mapping"),
    ],
    ids=["value", "key", "name", "owner", "yaml"],
)
def test_a_contract_with_a_mistake(
    deployment: Deployment, contracts: Path, change: tuple[str, str], says: str
) -> None:
    replaced(contracts / "finance.yml", *change)
    result = deployment.command("check")
    assert result.exit_code == 2
    assert says in said(result)
    assert re.search(r"finance\.yml.*\bline \d+", said(result))


def test_a_company_that_was_read_before_is_checked_by_a_new_process(
    deployment: Deployment, tmp_path: Path
) -> None:
    """What dbt read in a run is taken over where nothing was read in this process."""
    DbtProject(deployment.company).manifest()
    file = tmp_path / "invoices.csv"
    file.write_text(GOOD, encoding="utf-8")
    command = [sys.executable, "-m", "pipelines.cli", "check", "--company", str(deployment.file)]
    result = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stdout + result.stderr
    assert (result.returncode, "would load" in result.stdout) == (0, True), result.stdout
