"""`salesops check --init` writes a contract from samples; nothing loads while a guess is open."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.clock import today
from pipelines.contracts import ContractError, load_contract
from pipelines.contracts.draft import Draft, write_draft
from pipelines.demo import generate
from pipelines.ingest import FileRefused, Trial, ensure_tables, try_files
from pipelines.ingest.sample import read_sample
from tests.deployment import Deployment
from tests.realdata import SHARED, needs_real_data
from tests.sources.world import DEMO

INVOICES = """\
Invoice Id;CustomerID;Due Date;Posted;Amount;Paid?;Contact E-mail;Phone;_synced_at;Rate
00012;7;03/04/2026;31.05.2026;1234,50;true;a@b.example;+1 555 010 0100;2026-03-02 3:58:55;N/A
00013;8;03/05/2026;01.06.2026;99;false;;(030) 12345678;2026-03-02 13:58:55;1
"""


def confirmed(draft: Draft) -> None:
    """Somebody has gone through the list."""
    document = yaml.safe_load(draft.path.read_text(encoding="utf-8"))
    assert tuple(document.pop("to_confirm")) == draft.to_confirm
    draft.path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def tried(folder: Path, source: str, files: Sequence[Path]) -> Trial:
    folder.mkdir()
    company = Deployment.of(DEMO, folder, sources={source: {}}).company
    with duckdb.connect() as connection:
        ensure_tables(connection, company)
        return try_files(connection, company, today(company), files)


def round_trip(folder: Path, source: str, files: Sequence[Path]) -> Trial:
    """Draft a contract from files, confirm it, and load the same files with it."""
    confirmed(write_draft([read_sample(file) for file in files], source))
    trial = tried(folder / source, source, files)
    assert trial.loads_all, [*trial.refused, *trial.batches, *trial.rejects, *trial.unmatched]
    assert len(trial.batches) == len(files)
    return trial


def test_the_demo_companys_files_load_by_the_contracts_drafted_from_them(
    contracts: Path, tmp_path: Path
) -> None:
    extracts = generate(tmp_path / "extracts", scale=0.05)
    files: dict[str, list[Path]] = {}
    for each in extracts.files:
        if each.day == extracts.days[0]:
            files.setdefault(each.source, []).append(each.path)
    assert len(files) > 5
    for source, some in files.items():
        trial = round_trip(tmp_path, f"drafted_{source}", some)
        assert sum(batch.n_accepted for batch in trial.batches) > 0
    drafted = load_contract("drafted_netsuite").objects
    assert contracts.is_dir()
    assert any(c.type == "decimal" for each in drafted.values() for c in each.columns)


@needs_real_data
@pytest.mark.real
@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(
    "file",
    [
        "adventureworks/CurrencyRate.csv.gz",
        "maven_crm/sales_pipeline.csv",
        "source_columns/stripe/invoice_data.csv",
        "source_columns/salesforce/sf_opportunity_data.csv",
    ],
)
def test_real_files_load_by_the_contracts_drafted_from_them(tmp_path: Path, file: str) -> None:
    round_trip(tmp_path, "drafted", [SHARED / file])


def typed_files(folder: Path) -> list[Path]:
    rows: list[dict[str, Any]] = [
        {
            "id": f"A{n}",
            "amount": Decimal("10.123456") + n,
            "on": date(2026, 5, n),
            "at": datetime(2026, 5, n, 10, 30),
            "is_paid": n > 1,
            "n": n * 7,
        }
        for n in (1, 2, 3)
    ]
    pl.DataFrame(rows).write_parquet(folder / "orders.parquet")
    texts = [row | {"amount": float(row["amount"]), "on": str(row["on"])} for row in rows]
    texts = [row | {"at": row["at"].replace(tzinfo=UTC).isoformat()} for row in texts]
    (folder / "deals.jsonl").write_text("\n".join(json.dumps(row) for row in texts))
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([float(value) if key == "amount" else value for key, value in row.items()])
    book.save(folder / "people.xlsx")
    return [folder / name for name in ("orders.parquet", "deals.jsonl", "people.xlsx")]


@pytest.mark.usefixtures("contracts")
def test_files_with_types_of_their_own_keep_them(tmp_path: Path) -> None:
    round_trip(tmp_path, "shop", typed_files(tmp_path))
    for described in load_contract("shop").objects.values():
        assert described.key == ("id",)
        types = {column.name: column.type for column in described.columns}
        assert types == {
            "id": "text",
            "amount": "decimal",
            "on": "date",
            "at": "timestamp",
            "is_paid": "boolean",
            "n": "integer",
        }
        [amount] = [column for column in described.columns if column.name == "amount"]
        assert amount.scale == 6


@pytest.mark.usefixtures("contracts")
def test_what_is_guessed_is_said(tmp_path: Path) -> None:
    file = tmp_path / "shop_invoice_2026-05-31.csv"
    file.write_text(INVOICES, encoding="utf-16")
    draft = write_draft([read_sample(file)])
    described = load_contract("shop").objects["invoice"]
    columns = {column.name: column for column in described.columns}
    format_ = load_contract("shop").format_of("invoice", "files")
    assert draft.source == "shop"
    assert (format_.delimiter, format_.encoding, format_.decimal_separator) == (";", "utf-16", ",")
    assert described.files == ("shop_invoice_[0-9]*.csv",)
    assert described.key == ("invoice_id",)
    assert columns["paid"].source == "Paid?"
    assert columns["due_date"].formats == ("%m/%d/%Y",)
    assert columns["posted"].formats == ("%d.%m.%Y",)
    assert columns["synced_at"].formats == ("%Y-%m-%d %-H:%M:%S",)
    assert columns["amount"].type == "decimal"
    assert columns["rate"].nulls == ("N/A",)
    assert {name for name, c in columns.items() if c.personal} == {"contact_e_mail", "phone"}
    assert not columns["contact_e_mail"].required
    assert columns["amount"].required
    said = " ".join(draft.to_confirm)
    assert "invoice.invoice_id is the key: unique and never empty in 2 rows" in said
    assert "due_date is written %m/%d/%Y in all 2 rows, and could be %d/%m/%Y as well" in said
    assert "invoice.posted is written %d.%m.%Y in all 2 rows invoice" in said
    assert "invoice.phone holds phone numbers: personal data, kept as a hash" in said
    assert "is written in utf-16" in said
    assert "times of invoice are in UTC" in said


def test_nothing_loads_while_a_guess_is_open(contracts: Path, tmp_path: Path) -> None:
    file = tmp_path / "shop_invoice.csv"
    file.write_text("id,amount\n1,2.50\n")

    drafted = CliRunner().invoke(app, ["check", "--init", str(file)])

    assert drafted.exit_code == 0, drafted.output
    guesses = yaml.safe_load((contracts / "shop.yml").read_text())["to_confirm"]
    assert all(guess in " ".join(drafted.output.split()) for guess in guesses)
    again = CliRunner().invoke(app, ["check", "--init", str(file)])
    assert again.exit_code == 2
    assert "is there already and is not overwritten" in " ".join(again.output.split())

    deployment = Deployment.of(DEMO, tmp_path, sources={"shop": {}})
    for refused in (deployment.land("2026-05-31", file), deployment.run()):
        assert refused.exit_code == 2
        assert (
            f"contracts/shop.yml: {len(guesses)} guesses not confirmed (first: {guesses[0]}). "
            "Delete each line of `to_confirm` that is right"
        ) in " ".join(refused.output.split())
    assert not deployment.company.paths.landing.exists()
    listed = deployment.command("check", str(file))
    assert listed.exit_code == 2
    assert all(guess in " ".join(listed.output.split()) for guess in guesses)

    confirmed(Draft("shop", contracts / "shop.yml", tuple(guesses)))
    with (contracts / "shop.yml").open("a") as contract:
        contract.write("to_confirm:\n")
    assert load_contract("shop").to_confirm == ()
    # The demo company's today is in July; a sample is of whatever day.
    tried_later = deployment.command("check", "--on", "2026-11-26", str(file))
    assert tried_later.exit_code == 0, tried_later.output
    said = " ".join(tried_later.output.split())
    assert (
        "not all done: every row of the files would load; nothing of shop reaches a table" in said
    )
    assert deployment.land("2026-05-31", file).exit_code == 0
    ran = deployment.run()
    assert ran.exit_code == 1
    assert "no enabled source has staging models" in " ".join(ran.output.split())
    assert deployment.release_id is None


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id;name\n1;“Müller” €\n".encode("cp1252"), "cp1252"),
        (b"id;name\r\n1;A\n2;B\r\n", None),
    ],
    ids=["quotes and euros of Windows", "lines that end in two ways"],
)
def test_samples_as_windows_writes_them_are_read(
    tmp_path: Path, content: bytes, encoding: str | None
) -> None:
    (tmp_path / "shop_a.csv").write_bytes(content)
    sample = read_sample(tmp_path / "shop_a.csv")
    assert [column.header for column in sample.columns] == ["id", "name"]
    assert sample.format.get("encoding") == encoding


def test_what_is_no_sample_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("twice", 0)
    for row in (["id", "id"], [1, 2]):
        sheet.append(row)
    book.save(tmp_path / "twice.xlsx")
    (tmp_path / "other.csv").write_bytes(b"id,n\n1,\x81\x8d\n")
    for name, says in (
        ("twice.xlsx", "has 2 columns called 'id'"),
        ("other.csv", "is written neither in utf-8 nor in cp1252"),
        (".", "is a folder. Name the files in it"),
    ):
        with pytest.raises(FileRefused, match=says):
            read_sample(tmp_path / name)


RANKED = [["id", "sold_on", "seller", "amount"], ["7", "2026-01-30", "Ann", "5"]]
RANKED.append(["8", "2026-01-31", "Ben", "6.5"])


def sample_of(folder: Path, rows: Sequence[Sequence[str | None]], ending: str) -> Path:
    path = folder / f"shop_deal.{ending}"
    if ending == "csv":
        path.write_text("".join(",".join(v or "" for v in row) + "\n" for row in rows))
        return path
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([float(v) if v and re.fullmatch(r"[\d.]+", v) else v for v in row])
    book.save(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "total", [["Grand Total", None, None, "11.5"], [None, None, "Sum:", "11.5"]]
)
def test_a_total_below_the_rows_of_a_sample_is_left_out(
    tmp_path: Path, contracts: Path, ending: str, total: list[str | None]
) -> None:
    draft = write_draft([read_sample(sample_of(tmp_path, [*RANKED, total], ending))])
    written = yaml.safe_load((contracts / "shop.yml").read_text(encoding="utf-8"))
    columns = {each["name"]: each.get("type") for each in written["objects"]["deal"]["columns"]}
    assert columns["sold_on"] == "date"
    assert columns["amount"] == "decimal"
    assert any("ends with a total" in each for each in draft.to_confirm)


@pytest.mark.parametrize(
    "last",
    [
        ["Total", "2026-02-01", "Cy", "1"],
        ["Total", "01.02.2026", None, None],
        ["9", "2026-02-01", "Total Wine", "1"],
        ["Total", None, None, None],
    ],
    ids=["a record", "a day", "a name", "no numbers"],
)
def test_a_record_in_a_sample_is_no_total(tmp_path: Path, last: list[str | None]) -> None:
    sample = read_sample(sample_of(tmp_path, [*RANKED, last], "csv"))
    assert sample.n_rows == 3
    assert sample.said == ()


def test_samples_of_json_lines_may_have_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "shop_a.jsonl").write_text('{"id": 1}\n', encoding="utf-8-sig")
    assert [column.header for column in read_sample(tmp_path / "shop_a.jsonl").columns] == ["id"]


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"shop_a.csv": "x,y\n,1\n1,\n"}, "no column is filled in every row"),
        ({"alpha.csv": "id\n1\n", "beta.csv": "id\n1\n"}, "say --source NAME"),
        (
            {"shop_a_2026-05-30.csv": "id\n1\n", "shop_a_2026-05-31.csv": "id\n1\n"},
            "2 samples are of 'a', by their names",
        ),
        ({"shop_a.csv": ""}, "is empty, without even a header"),
        ({"shop_a.jsonl": '{"id": 1}\n[2]\n'}, "line 2 begins a list"),
        ({"shop_a.jsonl": "id\n1\n"}, "line 1 is not a JSON object"),
        ({"shop_a.xlsx": "id\n1\n"}, "is text. Land it under the name of a text"),
        ({"shop_a.parquet": "id\n1\n"}, "is text. Land it under the name of a text"),
        ({"shop_a.csv": "sep=;\nid;n\n1;2\n"}, "Give a sample without that line"),
        ({"shop_a.csv": "<html>\n"}, "is a web page"),
        ({"shop_a.csv": "id,id,n\n1,2,3\n"}, "has 2 columns called 'id'"),
        ({"shop_a.csv": "_line,id\n1,A\n"}, "has column '_line', which is what the warehouse"),
        ({"shop_a.csv": "id,n\n1,2,3\n4\n"}, "rows of different numbers of fields"),
        ({"shop_a.csv": "Sales of May\n\nid,n\n1,2\n"}, "different numbers|a title above"),
        ({"shop_a.csv": "id,n\n"}, "has no row with as many fields"),
        (
            {"shop_a.json": '[{"id": 1}, {"id": 2}]'},
            "is JSON. Give a sample with one object in each",
        ),
    ],
    ids=[
        "no key",
        "no name",
        "two of one",
        "empty",
        "no object",
        "text named JSON lines",
        "text named workbook",
        "text named Parquet",
        "line for Excel",
        "web page",
        "one name twice",
        "name of the warehouse",
        "rows of any length",
        "title",
        "header alone",
        "list of JSON",
    ],
)
def test_samples_that_give_no_contract(tmp_path: Path, files: dict[str, str], says: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises((ContractError, FileRefused), match=says):
        write_draft([read_sample(tmp_path / name) for name in files])


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(
    ("values", "column"),
    [
        (["1", "2"], {"type": "integer"}),
        (["01", "02"], {"type": "text"}),
        (["1.5", "2e3"], {"type": "decimal"}),
        (["1,234.50", "2"], {"type": "decimal"}),
        (["1,23.50", "2"], {"type": "text"}),
        (["12345678901234567890.5"], {"type": "decimal", "precision": 24}),
        (["20260531", "20260601"], {"type": "integer"}),
        (["2026-05-31T10:00:00Z", "2026-05-31T10:00:00.5Z"], {"type": "timestamp"}),
        (["May 1, 2026", "May 31, 2026"], {"type": "date", "formats": ("%b %-d, %Y",)}),
        (["2026-05-31", "soon"], {"type": "text"}),
        (["Y", "N"], {"type": "boolean"}),
        (["N"], {"type": "text"}),
        (["2026-02-31"], {"type": "text"}),
    ],
)
def test_a_type_is_guessed_only_where_every_value_keeps_to_it(
    tmp_path: Path, values: list[str], column: dict[str, Any]
) -> None:
    file = tmp_path / "shop_a.csv"
    rows = "".join(f'k{n};"{value}"\n' for n, value in enumerate(values))
    file.write_text(f"id;v\n{rows}")
    round_trip(tmp_path, "shop", [file])
    found = load_contract("shop").objects["a"].columns[1]
    assert {key: getattr(found, key) for key in column} == column


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(
    ("amounts", "separators"),
    [
        (["62.500,00", "900,50"], (",", ".")),
        (["1,200.00", "900.50"], (".", ",")),
        (["1,234,567", "12"], (".", ",")),
    ],
)
def test_thousands_are_found(
    tmp_path: Path, amounts: list[str], separators: tuple[str, str]
) -> None:
    file = tmp_path / "shop_invoice.csv"
    lines = [f"I{n};{amount};\n" for n, amount in enumerate(amounts)]
    file.write_text("invoice_id;amount;note\n" + "".join(lines), encoding="utf-8")
    draft = write_draft([read_sample(file)])
    contract = load_contract("shop")
    format_ = contract.format_of("invoice", "files")
    assert (format_.decimal_separator, format_.thousands_separator) == separators
    [amount] = [one for one in contract.objects["invoice"].columns if one.name == "amount"]
    assert amount.type == "decimal"
    assert f"with '{separators[1]}' between its thousands" in " ".join(draft.to_confirm)
