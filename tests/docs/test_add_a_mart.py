"""The page on adding a mart does what it says, and every part it names is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import PROJECT_ROOT
from tests.docs.pages import BLOCK, command, commands_of, copied, follow

PAGE = PROJECT_ROOT / "docs" / "how-to" / "add-a-mart.md"
MOST_FILES = 8


def test_it_touches_few_files() -> None:
    files = [block["file"] for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
    assert 0 < len({file for file in files if file}) <= MOST_FILES


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_the_page_adds_a_mart(tmp_path: Path) -> None:
    copied(tmp_path, "docs")
    assert command(tmp_path, "demo", "--scale", "0.05", "--days", "1").returncode == 0
    check, run, ask = commands_of(PAGE)
    before = command(tmp_path, *run)
    assert before.returncode == 0, before.stdout + before.stderr
    follow(PAGE, tmp_path)
    suite = tmp_path / "expectations" / "revenue.fct_open_balance.yaml"
    text = suite.read_text(encoding="utf-8")
    suite.unlink()
    refused = command(tmp_path, *check)
    assert refused.returncode != 0
    said = " ".join((refused.stdout + refused.stderr).split())
    assert "fct_open_balance.sql lacks a suite" in said
    suite.write_text(text, encoding="utf-8")
    checked = command(tmp_path, *check)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = command(tmp_path, *run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert command(tmp_path, *ask, "--format", "csv").stdout.splitlines() == ["owed", "true"]
    other = (
        "select count(*) from revenue.fct_open_balance as balance full join ("
        "select source_system, account_id, sum(invoice_amount) as owed from revenue.fct_invoice "
        "where excluded_reason is null and paid_on is null group by all) as invoices using "
        "(source_system, account_id) where account_id is not null and owed is distinct from "
        "open_amount"
    )
    differing = command(tmp_path, "sql", other, "--format", "csv")
    assert differing.stdout.splitlines()[1:] == ["0"], differing.stdout + differing.stderr
