"""What comes in is data to the last byte: never SQL, never a path, never HTML.

A company whose customers, sellers and deals have the worst of names is loaded, built, checked,
published, reported and asked like any other.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from pipelines.settings import ConfigurationError, load_company
from tests.deployment import COMPANIES, Deployment
from tests.test_bad_input import FIRST, HEADER, NEXT

pytestmark = pytest.mark.xdist_group("bad_input")

HOSTILE = {
    "sql": "Robert'); drop table raw.maven_crm__account; --",
    "quotes": 'O\'Neil "The Boss" `x` $$',
    "path": "../../etc/passwd",
    "formula": '=HYPERLINK("http://x.example","pay")',
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "markup": "[red]not[/red] {{ 7 * 7 }} {% raw %} %s %d {0}",
    "unicode": "a\u202etxt.exe \u0000".replace("\u0000", "") + "Ünïcödé 🙂",
    "long": "x" * 5000,
}


def quoted(*cells: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("hostile")
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", folder, reference=None)
    delivered = folder / "in"
    delivered.mkdir()
    names = list(HOSTILE.values())
    (delivered / "accounts.csv").write_text(
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        + "".join(quoted(name, name, "1990", "12.5", "100", name, "") for name in names),
        encoding="utf-8",
    )
    (delivered / "products.csv").write_text(
        "product,series,sales_price\n" + "".join(quoted(n, "L", "1100") for n in names),
        encoding="utf-8",
    )
    (delivered / "sales_teams.csv").write_text(
        "sales_agent,manager,regional_office\n" + "".join(quoted(n, n + "!", n) for n in names),
        encoding="utf-8",
    )
    (delivered / "sales_pipeline.csv").write_text(
        HEADER
        + "".join(
            quoted(f"D{k}-{name[:60]}", name, name, name, "Won", "2025-10-01", "2025-11-15", "100")
            for k, name in enumerate(names)
        ),
        encoding="utf-8",
    )
    landed = deployment.land(FIRST, delivered)
    assert landed.exit_code == 0, landed.output
    ran = deployment.run()
    assert ran.exit_code == 0, ran.output
    return deployment


def test_every_name_arrives_as_it_was_written(company: Deployment) -> None:
    for column in ("account_name", "owner_name", "product_name"):
        found = {row[0] for row in company.rows(f"select {column} from pipeline.fct_opportunity")}
        assert found == set(HOSTILE.values()), column
    assert company.value("select count(*) from shared.dim_account") == len(HOSTILE) + 1


def test_the_report_shows_names_and_runs_nothing(company: Deployment) -> None:
    page = (company.company.paths.published / "current" / "report.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49" not in page.split("{{ 7 * 7 }}")[-1][:3]


def test_a_spreadsheet_runs_no_name_unless_asked_for_exact_text(company: Deployment) -> None:
    ask = (
        "sql",
        "select account_name, -1.5 as number from shared.dim_account where account_name like '=%'",
    )
    for how, shown in (("csv", "'" + HOSTILE["formula"]), ("csv-exact", HOSTILE["formula"])):
        result = company.command(*ask, "--format", how)
        assert list(csv.reader(io.StringIO(result.stdout)))[1:] == [[shown, "-1.5"]], how


def test_nothing_is_written_outside_the_companys_folders(company: Deployment) -> None:
    folder = company.file.parent
    assert {path.name for path in folder.iterdir()} <= {
        *("company.yml", "in", "landing", "wh", "published", "reference"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "sales_pipeline.csv; rm -rf x",
        "sales_pipeline'.csv",
        "..sales_pipeline.csv",
        "sales_pipeline.csv\n.csv",
        "$(touch x).csv",
    ],
)
def test_a_file_with_a_hostile_name_is_left_where_it_lies(
    company: Deployment, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text(HEADER)
    landed = company.land(NEXT, tmp_path)
    assert landed.exit_code in {0, 1}, landed.output
    day = company.company.paths.landing / "maven_crm" / "opportunity" / NEXT
    assert not day.exists() or not any(day.iterdir())
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("slug", ["../up", "a b", "A", "x;y", "", "x/y"])
def test_a_slug_is_no_path(tmp_path: Path, slug: str) -> None:
    text = (COMPANIES / "maven_crm.yml").read_text(encoding="utf-8")
    file = tmp_path / "company.yml"
    file.write_text(text.replace("slug: maven_crm", f"slug: '{slug}'"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="slug"):
        load_company(file)


@pytest.mark.parametrize("release_id", ["../../etc", "current/../..", "'; drop", "", ".tmp-x"])
def test_a_release_id_is_no_path(company: Deployment, release_id: str) -> None:
    for command in (
        ["rollback", release_id],
        ["sql", "--release", release_id, "select 1"],
        ["diff", release_id, release_id],
    ):
        result = company.command(*command)
        assert result.exit_code in {1, 2}, (command, result.output)
        assert "Traceback" not in result.output
    assert company.value("select 1") == 1


def test_readers_can_change_nothing_through_the_command(company: Deployment) -> None:
    for statement in (
        "delete from pipeline.fct_opportunity",
        "create table x as select 1",
        "drop schema pipeline cascade",
    ):
        result = company.command("sql", statement)
        assert result.exit_code in {1, 2}, statement
        assert "Traceback" not in result.output
    assert company.value("select count(*) from pipeline.fct_opportunity") == len(HOSTILE)


def test_release_files_are_read_only(company: Deployment) -> None:
    folder = (company.company.paths.published / "current").resolve()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert {path.stat().st_mode & 0o222 for path in files} == {0}
