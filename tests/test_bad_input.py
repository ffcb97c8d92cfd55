"""Bad input is refused with a message one can act on, and readers keep the release they had.

Each case starts from the same published company of a dozen deals, lands one wrong file as the next
extract day, and runs.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.demo import LAST_DAY, generate
from pipelines.settings import PROJECT_ROOT
from tests.deployment import COMPANIES, Deployment
from tests.messages import faults

pytestmark = pytest.mark.xdist_group("bad_input")

FIRST, NEXT = "2026-01-05", "2026-01-12"
HEADER = (
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
)
WON = "select sum(amount) from pipeline.fct_opportunity where status = 'won'"


def deal(number: int, **changed: str) -> str:
    row = {
        "opportunity_id": f"D{number:03}",
        "sales_agent": ("Ida Berg", "Tom Roe")[number % 2],
        "product": ("Lathe", "Drill")[number % 2],
        "account": "Hammer Ltd",
        "deal_stage": "Won",
        "engage_date": "2025-10-01",
        "close_date": "2025-11-15",
        "close_value": str(1000 + number),
    }
    return ",".join({**row, **changed}.values()) + "\n"


GOOD = HEADER + "".join(deal(number) for number in range(24))
OTHERS = {
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Hammer Ltd,retail,1990,12.5,100,Norway,\n"
    ),
    "products.csv": "product,series,sales_price\nLathe,L,1100\nDrill,D,900\n",
    "sales_teams.csv": (
        "sales_agent,manager,regional_office\nIda Berg,Una Moe,North\nTom Roe,Una Moe,North\n"
    ),
}


def deliver(deployment: Deployment, folder: Path, on: str, pipeline: bytes, *options: str) -> str:
    """Land the deals of a day (with the other files); what the command said."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in OTHERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "sales_pipeline.csv").write_bytes(pipeline)
    landed = deployment.land(on, folder, options=options)
    assert landed.exit_code in {0, 1}, landed.output
    return " ".join(landed.output.split())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", folder, reference=None)
    deliver(deployment, folder / "in", FIRST, GOOD.encode())
    ran = deployment.run()
    assert ran.exit_code == 0, ran.output
    return folder


@pytest.fixture
def company(published: Path, tmp_path: Path) -> Deployment:
    folder = tmp_path / "company"
    shutil.copytree(published, folder, symlinks=True)
    return Deployment(folder / "company.yml")


@dataclass(frozen=True)
class Case:
    """A wrong file and what has to be said about it."""

    name: str
    pipeline: bytes
    said: tuple[str, ...]


def case(name: str, pipeline: str | bytes, *said: str) -> Case:
    return Case(name, pipeline.encode() if isinstance(pipeline, str) else pipeline, said)


def without_column(text: str, position: int) -> str:
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join(row[:position] + row[position + 1 :]) for row in rows) + "\n"


REFUSED_BY_THE_LOAD = [
    case("missing column", without_column(GOOD, 4), "lacks", "deal_stage", "sales_pipeline.csv"),
    case(
        "renamed column",
        GOOD.replace("deal_stage", "Deal_Stage", 1),
        "lacks column 'deal_stage' (is 'Deal_Stage' its new name?)",
    ),
    case(
        "extra column",
        "\n".join(
            line + (",mood" if not number else ",fine")
            for number, line in enumerate(GOOD.splitlines())
        )
        + "\n",
        "mood",
        "unknown to the contract",
    ),
    case("header only", HEADER, "lacks 24 of 24 known records", "max_delete_fraction"),
    case(
        "wrong encoding",
        GOOD.replace("Hammer Ltd", "Håmmer Ltd").encode("utf-16"),
        "sales_pipeline.csv",
    ),
    case(
        "latin-1 in a UTF-8 file",
        GOOD.replace("Hammer Ltd", "Håmmer Ltd").encode("latin-1"),
        "sales_pipeline.csv",
        "utf-8",
    ),
    case(
        "date in another format",
        HEADER + "".join(deal(n, close_date="15-11-25") for n in range(24)),
        "24 of 24 rows rejected",
        "line 2",
        "close_date",
        "bad_date",
        "15-11-25",
        "%Y-%m-%d; another one goes into `dates` of the contract's format",
    ),
    case(
        "duplicate key",
        GOOD + deal(3, close_value="7"),
        "2 of 25 rows rejected",
        "duplicate_key",
        "D003",
    ),
    case("broken quotes", GOOD.replace("Hammer Ltd", '"Hammer Ltd', 1), "quotes", "line"),
    case("short row", GOOD + "D999,Ida Berg\n", "too_few_fields", "line 26"),
]


@pytest.mark.parametrize("bad", REFUSED_BY_THE_LOAD, ids=lambda bad: bad.name)
def test_a_wrong_file_is_refused_and_readers_notice_nothing(
    company: Deployment, tmp_path: Path, bad: Case
) -> None:
    before, bookings = company.release_id, company.value(WON)
    deliver(company, tmp_path / "in", NEXT, bad.pipeline)
    result = company.run()
    said = " ".join(result.output.split())
    assert result.exit_code == 1, said
    assert "nothing was published" in said
    assert f"maven_crm/opportunity {NEXT}" in said
    for expected in bad.said:
        assert expected in said
    assert company.release_id == before
    assert company.value(WON) == bookings


REFUSED_BY_THE_GATE = [
    case(
        "unknown product",
        GOOD + deal(24, product="Lathee"),
        "product_is_known",
        "1 rows",
        "product_id=Lathee",
        "aliases.csv",
    ),
    case(
        "unknown stage",
        GOOD + deal(24, deal_stage="Verbal"),
        "deal_stage",
        "stage",
    ),
    case(
        "a slip of the keyboard",
        GOOD + deal(24, close_value="99999999999999"),
        "deal_amount_fits",
        "1 rows",
        "opportunity_id=D024",
        "amount_in_currency=99999999999999",
    ),
    case(
        "won without a day",
        GOOD + deal(24, close_date=""),
        "closed_deals_are_dated",
        "1 rows",
    ),
]


@pytest.mark.parametrize("bad", REFUSED_BY_THE_GATE, ids=lambda bad: bad.name)
def test_wrong_content_is_refused_by_a_named_check(
    company: Deployment, tmp_path: Path, bad: Case
) -> None:
    before = company.release_id
    deliver(company, tmp_path / "in", NEXT, bad.pipeline)
    result = company.run()
    said = " ".join(result.output.split())
    assert result.exit_code == 1, said
    for expected in bad.said:
        assert expected in said
    assert "next step" in said
    assert company.release_id == before


def test_an_empty_file_does_not_land(company: Deployment, tmp_path: Path) -> None:
    said = deliver(company, tmp_path / "in", NEXT, b"")
    assert "sales_pipeline.csv" in said
    assert "empty" in said


def test_a_corrected_delivery_replaces_the_wrong_one(company: Deployment, tmp_path: Path) -> None:
    before = company.release_id
    deliver(company, tmp_path / "bad", NEXT, without_column(GOOD, 4).encode())
    assert company.run().exit_code == 1
    corrected = GOOD + deal(24, close_value="500")
    said = deliver(company, tmp_path / "good", NEXT, corrected.encode())
    assert "--replace" in said
    deliver(company, tmp_path / "good", NEXT, corrected.encode(), "--replace")
    ran = company.run()
    assert ran.exit_code == 0, ran.output
    assert company.release_id != before
    assert company.value(WON) == sum(1000 + number for number in range(24)) + 500


def test_the_same_files_again_change_no_table_and_a_rollback_returns_to_the_release_before(
    company: Deployment, tmp_path: Path
) -> None:
    tables = (
        "select schema_name, table_name, content_hash from meta.table "
        "where schema_name <> 'meta' order by all"
    )
    first, before = company.release_id, company.rows(tables)
    assert first is not None
    said = deliver(company, tmp_path / "in", FIRST, GOOD.encode())
    assert "0 files landed" in said
    assert company.run().exit_code == 0
    assert company.release_id != first
    assert company.rows(tables) == before

    rolled = company.command("rollback", first)
    assert rolled.exit_code == 0, rolled.output
    assert company.release_id == first
    assert "*" in company.command("releases").output
    unknown = company.command("rollback", "20200101T000000Z-00000000")
    assert unknown.exit_code != 0
    assert first in " ".join(unknown.output.split())


def test_without_landed_files_the_run_says_what_to_do(tmp_path: Path) -> None:
    deployment = Deployment.of(COMPANIES / "maven_crm.yml", tmp_path, reference=None)
    result = deployment.run()
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "salesops land" in said
    assert deployment.release_id is None


def test_a_second_run_says_that_another_one_writes(
    company: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESOPS_LOCK_TIMEOUT_SECONDS", "0.1")
    before = company.release_id
    with FileLock(company.company.lock_file):
        result = company.run()
    assert result.exit_code == 1
    assert "only one run at a time" in " ".join(result.output.split())
    assert company.release_id == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("sql", "select * from nowhere.t"), "nowhere"),
        (("sql", "--format", "xml", "select 1"), "xml"),
        (("sql", "--release", "nothing", "select 1"), "nothing"),
        (("sql", "create table t as select 1"), "read-only"),
        (("sql", "select * from read_csv('/etc/passwd')"), "disabled"),
        (("land", "--on", "yesterday", "."), "yesterday"),
    ],
    ids=["no table", "no format", "no release", "writing", "other files", "no day"],
)
def test_wrong_use_ends_with_code_two(
    company: Deployment, arguments: tuple[str, ...], expected: str
) -> None:
    result = company.command(*arguments)
    assert result.exit_code == 2
    assert expected in " ".join(result.output.split())


def test_a_wrong_key_in_the_company_file_is_named(company: Deployment) -> None:
    text = company.file.read_text(encoding="utf-8") + "curency: EUR\n"
    company.file.write_text(text, encoding="utf-8")
    result = company.run()
    assert result.exit_code == 2
    assert "curency" in result.output


def test_answers_come_as_csv_and_json(company: Deployment) -> None:
    question = (
        "select owner_name, sum(amount) as won from pipeline.fct_opportunity group by 1 order by 1"
    )
    as_csv = company.command("sql", "--format", "csv", question)
    assert as_csv.stdout.splitlines()[0] == "owner_name,won"
    assert len(as_csv.stdout.splitlines()) == 3
    assert company.rows(question)[0][0] == "Ida Berg"


@pytest.mark.slow
def test_an_unknown_currency_is_refused_by_name(tmp_path: Path) -> None:
    deployment = Deployment.of(PROJECT_ROOT / "data" / "demo" / "company.yml", tmp_path)
    [day] = generate(tmp_path / "extracts", seed=3, scale=0.05, days=[LAST_DAY]).days
    delivered = tmp_path / "extracts" / day.isoformat()
    deals = delivered / "Opportunity.csv"
    deals.write_bytes(deals.read_bytes().replace(b'"EUR"', b'"XYZ"', 1))
    assert deployment.land(day.isoformat(), delivered).exit_code == 0
    result = deployment.run()
    said = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "currency_has_a_rate" in said
    assert "1 rows" in said
    assert "currency=XYZ" in said
    assert deployment.release_id is None


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("duckdb.duckdb.IOException: no such file", "names duckdb.duckdb.IOException"),
        ("it failed with a ValueError", "names ValueError"),
        ("Fix the export and land it again now. Fix the export and land it again now.", "twice"),
        ("raise reject_limits in contracts/a.yml", "no such key: reject_limits"),
    ],
)
def test_a_poor_message_is_noticed(message: str, fault: str) -> None:
    assert any(fault in each for each in faults(message))


def test_a_good_one_is_not() -> None:
    assert (
        faults("a.csv lacks stage. Fix the export, or raise reject_limit in contracts/a.yml") == []
    )
